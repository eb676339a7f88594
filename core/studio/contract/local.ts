/** The embedded cluster "Local": where it listens, what goes through it, who is connected. */

import * as v from 'valibot'
import { call, stream } from './contract.ts'

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
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** From engine start to the first accepted connection being possible, milliseconds. */
  readonly startTookMs: number
  readonly dataFolder: string
  readonly isTemporary: boolean
  /** Partitions whose log is still being recovered. */
  readonly recovering: number
  readonly topicCount: number
  readonly groupCount: number
  readonly connectionCount: number
  /** Mean over the last 5 s, per second. */
  readonly inRate: { readonly records: number; readonly bytes: number }
  readonly outRate: { readonly records: number; readonly bytes: number }
  readonly diskUsedBytes: number
  readonly diskFreeBytes: number
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

export type EngineEvent = { readonly at: number; readonly kind: 'engine' | 'connection' | 'topic' | 'warning'; readonly text: string }

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
  /** Log folders in the data folder that belong to no topic: listed, never adopted or removed. */
  unknownFolders: call<readonly string[]>()(v.object({})),
}
