/** What consumers tell each other inside the broker's opaque bytes, as far as it can be read: other kinds of members write what they like. */

import { consumerProtocolAssignment, consumerProtocolSubscription } from '../protocol/consumer-protocol.ts'
import { FrameError } from '../protocol/frame-error.ts'

export type AssignedTopic = { readonly topic: string; readonly partitions: readonly number[] }

/** All topics that these subscriptions name; null when one of them cannot be read. */
export function subscribedTopicsOf(subscriptions: readonly Buffer[]): ReadonlySet<string> | null {
  const topics = new Set<string>()
  for (const bytes of subscriptions) {
    const subscription = readable(() => consumerProtocolSubscription.decode(bytes).value)
    if (!subscription) return null
    for (const topic of subscription.topics) topics.add(topic)
  }
  return topics
}

/** What a member was given to read; nothing when its assignment is empty or of another protocol. */
export function assignedTopicsOf(assignment: Buffer): readonly AssignedTopic[] {
  if (assignment.length === 0) return []
  return readable(() => consumerProtocolAssignment.decode(assignment).value.assignedPartitions) ?? []
}

export type Subscription = ReturnType<typeof consumerProtocolSubscription.decode>['value']

/** undefined when it cannot be read. */
export function readSubscription(bytes: Buffer): Subscription | undefined {
  return readable(() => consumerProtocolSubscription.decode(bytes).value)
}

/** undefined when it cannot be read. */
export function readAssignment(bytes: Buffer): { readonly topics: readonly AssignedTopic[]; readonly userData: Buffer | null } | undefined {
  const assignment = readable(() => consumerProtocolAssignment.decode(bytes).value)
  return assignment && { topics: assignment.assignedPartitions, userData: assignment.userData }
}

/** An assignment in the version that the member's own metadata has; the first, where it cannot be read. */
export function writeAssignment(assigned: readonly AssignedTopic[], metadata: Buffer): Buffer {
  const version = readable(() => consumerProtocolSubscription.decode(metadata).version) ?? 0
  const assignedPartitions = assigned.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] }))
  return consumerProtocolAssignment.encode({ assignedPartitions }, version)
}

function readable<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}
