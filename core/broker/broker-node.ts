/** One broker of those that this process is (architecture rule 8): who it is, and what it coordinates. */

import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { FetchSessions } from './fetch-sessions.ts'

export type BrokerNode = {
  /** Kafka's node id, 1 for the only one. */
  readonly id: number
  /** Coordinates the groups of the partitions of `__consumer_offsets` that this broker leads. */
  readonly groups: GroupCoordinator
  /** The incremental fetch sessions that clients have with it. */
  readonly fetchSessions: FetchSessions
}
