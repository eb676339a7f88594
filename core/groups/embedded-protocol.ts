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

function readable<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}
