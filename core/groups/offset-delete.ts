/** OffsetDelete (KIP-496): which committed offsets of a group an administrator may take away, and the tombstones that do. */

import type { KafkaError } from '../protocol/errors.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import type { PendingOffsets } from './pending-offsets.ts'
import type { GroupRecord } from './stored.ts'

export type DeleteOffsetsRequest = {
  readonly groupId: string
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export type DeleteOffsetsAnswer = {
  /** Of the request as a whole; the topics are then empty. */
  readonly error: KafkaError
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly error: KafkaError }[]
  }[]
}

/** What deletion asks of a group of either kind. */
export type OffsetOwner = { isSubscribedTo(topic: string): boolean }

type Offsets = { readonly offsets: Pick<CommittedOffsets, 'get'>; readonly pending: Pick<PendingOffsets, 'has'> }

export function refusedDelete(error: KafkaError): DeleteOffsetsAnswer {
  return { error, topics: [] }
}

/** NONE for a partition whose offset goes or was never there; GROUP_SUBSCRIBED_TO_TOPIC where a member reads the topic. */
export function answerToDelete(group: OffsetOwner, { topics }: DeleteOffsetsRequest): DeleteOffsetsAnswer {
  return {
    error: 'NONE',
    topics: topics.map(({ topic, partitions }) => {
      const error = group.isSubscribedTo(topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE'
      return { topic, partitions: partitions.map(partition => ({ partition, error })) }
    }),
  }
}

/** Tombstones of the offsets that `answer` lets go: of those that are there or pending in a transaction, each once. */
export function deletedRecords(groupId: string, answer: DeleteOffsetsAnswer, { offsets, pending }: Offsets): GroupRecord[] {
  const records = new Map<string, GroupRecord>()
  for (const { topic, partitions } of answer.topics) {
    for (const { partition, error } of partitions) {
      const isThere = offsets.get(groupId, topic, partition) !== undefined || pending.has(groupId, topic, partition)
      if (error !== 'NONE' || !isThere) continue
      records.set(`${topic}-${partition}`, { is: 'offset', groupId, topic, partition, value: null })
    }
  }
  return [...records.values()]
}
