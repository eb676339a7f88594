/** Which broker coordinates a group or a transactional id, as FindCoordinator answers. */

import type { Broker } from '../broker/broker.ts'
import { NO_LEADER } from '../broker/placement.ts'
import { coordinatorPartition } from '../coordinator/coordinator-partition.ts'

/** `topic`: `__consumer_offsets` or `__transaction_state`. The id of the broker that leads the partition `key` falls on; -1 while none does. */
export function coordinatorOf({ topics }: Pick<Broker, 'topics'>, topic: string, key: string): number {
  const partitions = topics.get(topic)?.partitions ?? []
  return partitions[coordinatorPartition(key, partitions.length)]?.leader ?? NO_LEADER
}
