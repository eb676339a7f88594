/** Records that clients send and read back, and their form as lines for clients that run as other programs. */

import { expect } from 'vitest'
import { seededRandom } from '../../core/common/random.ts'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

export type SentRecord = {
  readonly partition: number
  /** Milliseconds since the epoch; undefined: the client's own clock. */
  readonly timestamp: number | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
}
export type ReadRecord = SentRecord & { readonly offset: number; readonly timestamp: number }

/** What a client cannot carry. */
export type Limits = {
  readonly timestamps?: false
  readonly nullValues?: false
  readonly emptyKeys?: false
  readonly nullHeaderValues?: false
  /** Headers are text, and the same for all records of a partition. */
  readonly variedHeaders?: false
}

/** An hour ago, in whole seconds: no retention rule reaches it. */
export const FIRST_TIMESTAMP = Math.floor(Date.now() / 1000) * 1000 - 3_600_000

/** The same records each time: random binary keys, values and headers, with empty and null ones and a few of 64 KiB among them. */
export function sampleRecords(count: number, partitionCount: number, limits: Limits = {}, seed = 1): SentRecord[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, at): SentRecord => {
    const partition = at % partitionCount
    const kind = random.below(20)
    const nullKey = kind === 0 || (kind === 1 && limits.emptyKeys === false)
    const value = at % 2500 === 17 ? random.bytes(65_536) : random.bytes(8 + random.below(200))
    return {
      partition,
      timestamp: limits.timestamps === false ? undefined : FIRST_TIMESTAMP + at * 10,
      key: nullKey ? null : kind === 1 ? Buffer.alloc(0) : Buffer.concat([Buffer.from(`key-${at}-`), random.bytes(4)]),
      value: kind === 2 && limits.nullValues !== false ? null : kind === 3 ? Buffer.alloc(0) : value,
      headers: limits.variedHeaders === false ? [['source', Buffer.from(`part ${partition}`)], ['trace', Buffer.from('a1b2')]] : headersOf(at, random, limits),
    }
  })
}

function headersOf(at: number, random: ReturnType<typeof seededRandom>, limits: Limits): [string, Buffer | null][] {
  const headers: [string, Buffer | null][] = [['index', Buffer.from(String(at))], ['binary ü', random.bytes(random.below(12))]]
  if (at % 7 === 0 && limits.nullHeaderValues !== false) headers.push(['nothing', null])
  return at % 11 === 0 ? [] : headers
}

/** Asserts that what was read is what was sent: every partition in order, without a gap, byte for byte. */
export function expectSameRecords(read: readonly ReadRecord[], sent: readonly SentRecord[], firstOffset = 0): void {
  for (const partition of new Set([...sent, ...read].map(record => record.partition))) {
    const expected = sent.filter(record => record.partition === partition)
    const found = read.filter(record => record.partition === partition)
    expect(found.map(record => record.offset)).toEqual(expected.map((_, at) => firstOffset + at))
    expect(found.map(printed)).toEqual(expected.map((record, at) => printed({ ...record, timestamp: record.timestamp ?? found[at]?.timestamp })))
  }
}

/** A record as a short text that differs when any byte does: a failure shows it, and not 64 KiB of numbers. */
function printed(record: SentRecord): string {
  return toLine(record)
}

/** `partition timestamp key value headers`: bytes are `+` and base64, null is `-`; headers are name:value joined by commas, `.` for none. */
export function toLine(record: SentRecord): string {
  const headers = record.headers.map(([name, value]) => `${field(Buffer.from(name))}:${field(value)}`).join(',')
  return `${record.partition} ${record.timestamp ?? '-'} ${field(record.key)} ${field(record.value)} ${headers || '.'}`
}

export function toLines(records: readonly SentRecord[]): string {
  return records.map(record => `${toLine(record)}\n`).join('')
}

/** Reads lines of `offset` and what `toLine` prints; other lines are left out. */
export function fromLines(text: string): ReadRecord[] {
  return text.split('\n').flatMap(line => {
    const [offset = '', partition, timestamp, key, value, headers, ...more] = line.trimEnd().split(' ')
    if (!/^\d+$/.test(offset) || headers === undefined || more.length > 0) return []
    return [{
      offset: Number(offset),
      partition: Number(partition),
      timestamp: Number(timestamp),
      key: unfield(key),
      value: unfield(value),
      headers: headers === '.' ? [] : headers.split(',').map((header): [string, Buffer | null] => {
        const [name, value] = header.split(':')
        return [unfield(name)?.toString() ?? '', unfield(value)]
      }),
    }]
  })
}

function field(bytes: Buffer | null): string {
  return bytes ? `+${bytes.toString('base64')}` : '-'
}

function unfield(text: string | undefined): Buffer | null {
  return text?.startsWith('+') ? Buffer.from(text.slice(1), 'base64') : null
}
