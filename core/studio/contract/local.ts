/** The embedded cluster "Local": where it listens, what goes through it, who is connected. */

import * as v from 'valibot'
import { setContainers, type ContainerAccess } from './containers.ts'
import { call, stream } from './contract.ts'
import type { CutNotice, DamageNotice, PartitionNotice } from './storage.ts'

export type LocalStatus = {
  readonly state: 'starting' | 'listening' | 'failed'
  /** Why it is not listening, as a sentence with what to do; null while it is. */
  readonly reason: string | null
  /** The address to give a client, as 127.0.0.1:9092. */
  readonly address: string
  /** Every advertised address, the first one included. */
  readonly addresses: readonly string[]
  /** Set when the wanted port was taken: which, by whom where that can be known, and the port in use. */
  readonly portTaken: { readonly wanted: number; readonly holder: string | null; readonly used: number } | null
  readonly version: string
  readonly clusterId: string
  readonly brokerCount: number
  readonly brokersUp: number
  /** How many the next start makes; null when that is said on the command line. */
  readonly nextBrokerCount: number | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** From engine start to the first accepted connection being possible, milliseconds. */
  readonly startTookMs: number
  readonly dataFolder: string
  readonly isTemporary: boolean
  /** Partitions whose log is still being recovered. */
  readonly recovering: number
  readonly partitionCount: number
  /** Partitions that take no records: their number, and the first few. */
  readonly offline: { readonly count: number; readonly first: readonly PartitionNotice[] }
  /** Partitions that lost something when they were opened: their number, the bytes of all that was cut, and the first few. */
  readonly cut: { readonly count: number; readonly bytes: number; readonly first: readonly CutNotice[] }
  /** Places where a reader met damaged records in this run: their number, and the first few. */
  readonly damaged: { readonly count: number; readonly first: readonly DamageNotice[] }
  /** Records are acknowledged once the disk has them; topics that set flush.messages keep what they say, and are counted. */
  readonly durableAcks: boolean
  readonly ownFlushTopicCount: number
  /** How the broker looks after its logs, as it was started. */
  readonly upkeep: Upkeep
  readonly topicCount: number
  readonly groupCount: number
  /** Transactional ids, and those of them with a transaction open or being ended. */
  readonly transactionalIdCount: number
  readonly openTransactionCount: number
  readonly connectionCount: number
  /** Mean over the last 5 s, per second. */
  readonly inRate: { readonly records: number; readonly bytes: number }
  readonly outRate: { readonly records: number; readonly bytes: number }
  readonly diskUsedBytes: number
  readonly diskFreeBytes: number
}

export type Upkeep = {
  readonly retentionCheckIntervalMs: number
  readonly isCompacting: boolean
  /** Between two looks for logs to compact. */
  readonly cleanerBackoffMs: number
  /** Of compaction, read and written together; null for no limit. */
  readonly cleanerBytesPerSecond: number | null
}

export type ClientRow = {
  /** Connections are folded by client id, software and host. */
  readonly key: string
  readonly clientId: string
  readonly software: string
  readonly softwareVersion: string
  readonly host: string
  readonly connectionCount: number
  readonly inRecordsRate: number
  readonly outRecordsRate: number
  readonly connectedAt: number
}

export type EngineEvent = { readonly at: number; readonly kind: 'engine' | 'broker' | 'connection' | 'topic' | 'storage' | 'warning'; readonly text: string }

/** One point of a rate history: records per second in a second that ended at `at` (ms since the epoch). */
export type RatePoint = { readonly at: number; readonly in: number; readonly out: number }

export const local = {
  /** Now and whenever it changes, at most 4 items a second. */
  status: stream<LocalStatus>()(v.object({})),
  /** Connected clients; snapshot, then changes. */
  clients: stream<import('./contract.ts').ListItem<ClientRow>>()(v.object({})),
  /** The last 100 events, then new ones: what First run shows. */
  events: stream<readonly EngineEvent[]>()(v.object({})),
  /** Rates of the last 15 minutes (one point a second, at most 900), then a new point each second. */
  rates: stream<readonly RatePoint[]>()(v.object({})),
  /** Switches durable acks, from the next record on and after every start. Fails with UNAVAILABLE when it cannot be kept or does not depend on it. */
  setDurableAcks: call<null>()(v.object({ isOn: v.boolean() })),
  /** The listener for clients in containers; now and whenever it changes. */
  containers: stream<ContainerAccess>()(v.object({})),
  /** Switches it, at once and for every start. Fails with UNAVAILABLE when the port is taken, the address is not this machine's, or it cannot be kept. */
  setContainers: call<null>()(setContainers),
  /** How many brokers the next start makes, 1 to 9. Fails with UNAVAILABLE where the command line says it. */
  chooseBrokerCount: call<null>()(v.object({ count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)) })),
  /** Log folders in the data folder that belong to no topic: listed, never adopted or removed. */
  unknownFolders: call<readonly string[]>()(v.object({})),
}
