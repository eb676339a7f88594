/** What every client under test can be asked to do; each client library has one driver. */

import type { Codec, Limits, ReadRecord, SentRecord } from './clients-records.ts'

export type GroupReading = {
  readonly address: string
  readonly topic: string
  readonly group: string
  /** Records to read before it commits and leaves. */
  readonly count: number
}

export type GroupSeen = { readonly state: string; readonly memberCount: number }

export type ClientDriver = {
  /** Name and version. */
  readonly name: string
  readonly limits: Limits
  readonly codecs: readonly Codec[]
  /** Each record to its own partition, acks=all, idempotent where the client can. */
  produce(address: string, topic: string, records: readonly SentRecord[], codec?: Codec): Promise<void>
  /** Joins the group, reads from the committed offsets or the start, commits what it read and leaves. `seen`: the group as the client described it while a member. */
  readInGroup(reading: GroupReading): Promise<{ readonly records: ReadRecord[]; readonly seen?: GroupSeen }>
  /** The first record at or after a time, found by the client's own look-up of offsets by time and a seek. */
  readAt(address: string, topic: string, partition: number, timestamp: number): Promise<ReadRecord>
  /** The error of a look-up of a topic that does not exist, with creation by look-up turned off in the client. */
  lookUpMissing(address: string, topic: string): Promise<string>
  /** undefined for a client without administration. */
  readonly admin?: {
    create(address: string, topic: string, partitionCount: number): Promise<void>
    list(address: string): Promise<string[]>
    delete(address: string, topic: string): Promise<void>
  }
}
