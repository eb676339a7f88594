/** What every client of a consistency run is given, and what it does until it is told to stop. */

import type { Random } from '../../core/common/random.ts'
import type { Recorder } from '../support/consistency/recorder.ts'

export type RoleOptions = {
  /** host:port of every broker, by commas. */
  readonly addresses: string
  readonly recorder: Recorder
  readonly random: Random
  /** Of its place among the clients: a process that takes the place of another has the same, and so the same transactional id. */
  readonly place: string
  readonly isOver: () => boolean
}
export type Role = (options: RoleOptions) => Promise<void>

export const TOPICS = { plain: 'plain', inputs: ['in-classic', 'in-consumer'], out: 'out' } as const
export const GROUPS = { classic: 'processors-classic', consumer: 'processors-consumer', kafkajs: 'readers-kafkajs', platformatic: 'readers-platformatic', platformaticConsumer: 'readers-platformatic-consumer' } as const
/** Longer than any pause but those that are to end in a fence. */
export const TRANSACTION_TIMEOUT_MS = 8000
export const SESSION_MS = 4000

export const placesOf = (addresses: string): { host: string; port: number }[] => addresses.split(',').map(address => ({ host: address.split(':')[0] ?? '', port: Number(address.split(':')[1]) }))
