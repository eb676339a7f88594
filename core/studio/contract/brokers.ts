/** The brokers that Local is made of: which are up, what each leads, and a stop and a start of each. */

import * as v from 'valibot'
import { call, stream, type ListItem } from './contract.ts'

export type BrokerRow = {
  readonly id: number
  readonly rack: string | null
  readonly isUp: boolean
  /** The controller, as clients are told. */
  readonly isController: boolean
  /** host:port of each listener, also while it is down. */
  readonly addresses: readonly string[]
  /** Partitions it leads, and partitions it holds. */
  readonly leaderCount: number
  readonly replicaCount: number
  /** Of those it holds: where it is not in sync, and those that nobody leads. */
  readonly outOfSyncCount: number
  readonly offlineCount: number
  /** Partitions that have no leader when it goes: it is the only one in sync. */
  readonly soleCount: number
  /** Partitions it is the preferred leader of and could lead, and another leads. */
  readonly missedCount: number
  readonly connectionCount: number
  /** Groups and transactional ids that it coordinates. */
  readonly groupCount: number
  readonly transactionalIdCount: number
  /** Why it cannot be stopped now, as a sentence; null when it can, or is down. */
  readonly stopProblem: string | null
}

const node = v.object({ id: v.pipe(v.number(), v.integer()) })

export const brokers = {
  /** In the order of their ids; snapshot, then changes at most 4 times a second. Key: the id as text. */
  list: stream<ListItem<BrokerRow>>()(v.object({})),
  /**
   * Takes one down: others lead what it led, then its connections end; `isAbrupt`: its connections end first and without answers, as when it
   * dies. UNAVAILABLE with the reason when it cannot be.
   */
  stop: call<null>()(v.object({ ...node.entries, isAbrupt: v.optional(v.boolean(), false) })),
  /** Brings one up again at the ports it had. UNAVAILABLE with the reason when it cannot be. */
  start: call<null>()(node),
  /** Gives every partition back to its preferred leader where that is up and in sync, as kafka-leader-election does. Gives the number that moved. */
  electPreferred: call<number>()(v.object({})),
}
