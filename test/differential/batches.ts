/** Record batches for a script: good ones drawn from a seed, and every way to spoil one. */

import type { Random } from '../../core/common/random.ts'
import { BATCH_HEADER_BYTES, sign, writeInt64 } from '../../core/records/batch-header.ts'
import { encodeBatch, type NewBatch, type NewRecord } from '../../core/records/record-batch.ts'
import { codecs } from '../support/clients-records.ts'

export type Spoiled = { readonly what: string; readonly bytes: Buffer }

/** One to ten records around `nowMs`, an hour wide; some without key, value or time. `bytesMax` of a value. */
export function someRecords(random: Random, nowMs: number, bytesMax = 100): NewRecord[] {
  return Array.from({ length: 1 + random.below(10) }, (_, at): NewRecord => ({
    key: random.below(5) === 0 ? null : Buffer.from(`k${random.below(20)}`),
    value: random.below(8) === 0 ? null : random.bytes(random.below(bytesMax)),
    timestamp: nowMs - 3_600_000 + random.below(3_600_000),
    headers: random.below(3) === 0 ? [{ name: `h${at}`, value: random.below(2) === 0 ? null : random.bytes(3) }] : [],
  }))
}

export function keyed(records: readonly NewRecord[]): NewRecord[] {
  return records.map((record, at) => ({ ...record, key: record.key ?? Buffer.from(`made ${at}`) }))
}

export function someBatch(random: Random, nowMs: number, more: Partial<NewBatch> = {}): Buffer {
  return encodeBatch({ records: someRecords(random, nowMs), codec: codecs[random.below(codecs.length)] ?? 'none', ...more })
}

/** A header field of a copy, signed again. */
export function patched(bytes: Buffer, patch: (copy: Buffer) => void, isSigned = true): Buffer {
  const copy = Buffer.from(bytes)
  patch(copy)
  if (isSigned) sign(copy, 0)
  return copy
}

/** Records as hand-written bytes behind a header that says `count` and `lastOffsetDelta`. */
export function handmade(section: Buffer, o: { count: number; nowMs: number; lastOffsetDelta?: number; codec?: number }): Buffer {
  const model = encodeBatch({ records: [{ key: null, value: null, timestamp: o.nowMs }] })
  const bytes = Buffer.concat([model.subarray(0, BATCH_HEADER_BYTES), section])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(o.codec ?? 0, 21)
  bytes.writeInt32BE(o.lastOffsetDelta ?? o.count - 1, 23)
  bytes.writeInt32BE(o.count, 57)
  sign(bytes, 0)
  return bytes
}

export type RawRecord = {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly keyLength?: number
  readonly valueLength?: number
  readonly headers?: number
  /** Instead of the length counted. */
  readonly length?: number
  readonly attributes?: number
  readonly more?: Buffer
}

/** A record of fields that may be wrong; a key and a value have as many bytes as their lengths say. */
export function rawRecord(o: RawRecord): Buffer {
  const keyLength = o.keyLength ?? 1
  const valueLength = o.valueLength ?? 1
  const body = Buffer.concat([
    Buffer.from([o.attributes ?? 0]),
    varint(o.timestampDelta ?? 0),
    varint(o.offsetDelta ?? 0),
    varint(keyLength),
    Buffer.alloc(Math.max(0, keyLength), 'k'),
    varint(valueLength),
    Buffer.alloc(Math.max(0, valueLength), 'v'),
    varint(o.headers ?? 0),
    o.more ?? Buffer.alloc(0),
  ])
  return Buffer.concat([varint(o.length ?? body.length), body])
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** Every fault of a header, its frame and its records, each in a batch that is good but for it. */
export function spoiledBatches(random: Random, nowMs: number): Spoiled[] {
  const records = keyed(someRecords(random, nowMs)).slice(0, 3)
  const plain = encodeBatch({ records })
  const gzipped = encodeBatch({ records, codec: 'gzip' })
  const spoil = (what: string, patch: (copy: Buffer) => void): Spoiled => ({ what, bytes: patched(plain, patch) })
  return [
    { what: 'no byte', bytes: Buffer.alloc(0) },
    { what: 'a wrong checksum', bytes: patched(plain, copy => copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1), false) },
    { what: 'its end missing', bytes: plain.subarray(0, plain.length - 1) },
    { what: 'only its header', bytes: plain.subarray(0, BATCH_HEADER_BYTES) },
    { what: 'half its header', bytes: plain.subarray(0, 30) },
    { what: 'another batch behind it', bytes: Buffer.concat([plain, gzipped]) },
    { what: 'the base offset 7', bytes: patched(plain, copy => writeInt64(copy, 7, 0), false) },
    { what: 'a length one too small', bytes: patched(plain, copy => copy.writeInt32BE(copy.readInt32BE(8) - 1, 8), false) },
    { what: 'the length 0', bytes: patched(plain, copy => copy.writeInt32BE(0, 8), false) },
    { what: 'a negative length', bytes: patched(plain, copy => copy.writeInt32BE(-1, 8), false) },
    ...[0, 1, 3, -1].map(magic => ({ what: `magic ${magic}`, bytes: patched(plain, copy => copy.writeInt8(magic, 16), false) })),
    spoil('a record too few by its count', copy => copy.writeInt32BE(records.length - 1, 57)),
    spoil('a record too many by its count', copy => copy.writeInt32BE(records.length + 1, 57)),
    spoil('a count of -1', copy => copy.writeInt32BE(-1, 57)),
    spoil('a count of 0', copy => copy.writeInt32BE(0, 57)),
    spoil('a last offset delta too great', copy => copy.writeInt32BE(records.length, 23)),
    spoil('a negative last offset delta', copy => copy.writeInt32BE(-1, 23)),
    spoil('one record more by count and delta', copy => {
      copy.writeInt32BE(records.length + 1, 57)
      copy.writeInt32BE(records.length, 23)
    }),
    spoil('one record less by count and delta', copy => {
      copy.writeInt32BE(records.length - 1, 57)
      copy.writeInt32BE(records.length - 2, 23)
    }),
    spoil('the control bit', copy => copy.writeInt16BE(0x20, 21)),
    spoil('the delete horizon bit', copy => copy.writeInt16BE(0x40, 21)),
    spoil('a bit nobody knows', copy => copy.writeInt16BE(0x200, 21)),
    ...[5, 6, 7].map(codec => spoil(`codec ${codec}`, copy => copy.writeInt16BE(codec, 21))),
    ...[1, 2, 3, 4].map(codec => spoil(`plain records as codec ${codec}`, copy => copy.writeInt16BE(codec, 21))),
    { what: 'a gzip stream cut short', bytes: patched(Buffer.from(gzipped.subarray(0, gzipped.length - 12)), copy => copy.writeInt32BE(copy.length - 12, 8)) },
    spoil('a leader epoch', copy => copy.writeInt32BE(77, 12)),
    spoil('a greatest timestamp too small', copy => writeInt64(copy, nowMs - 5_000_000, 35)),
    spoil('a greatest timestamp too great', copy => writeInt64(copy, nowMs + 100, 35)),
    { what: 'a greatest timestamp too small, gzipped', bytes: patched(gzipped, copy => writeInt64(copy, nowMs - 5_000_000, 35)) },
    { what: 'zero records', bytes: handmade(Buffer.alloc(0), { count: 0, nowMs }) },
    { what: 'zero records and a delta of 0', bytes: handmade(Buffer.alloc(0), { count: 0, nowMs, lastOffsetDelta: 0 }) },
    ...spoiledRecords(nowMs),
  ]
}

function twoRecords(nowMs: number, what: string, first: RawRecord, second: RawRecord = { offsetDelta: 1 }): Spoiled {
  return { what, bytes: handmade(Buffer.concat([rawRecord(first), rawRecord(second)]), { count: 2, nowMs }) }
}

function spoiledRecords(nowMs: number): Spoiled[] {
  const two = (what: string, first: RawRecord, second?: RawRecord): Spoiled => twoRecords(nowMs, what, first, second)
  return [
    two('two good records by hand', {}),
    two('record attributes', { attributes: 5 }),
    two('a record length too great', { length: 30 }),
    two('a record length too small', { length: 3 }),
    two('a negative record length', { length: -1 }),
    two('a negative header count', { headers: -1 }),
    two('a header without a name', { headers: 1, more: Buffer.concat([varint(-1), varint(0)]) }),
    two('a header that is missing', { headers: 1 }),
    two('a byte left in a record', { more: Buffer.alloc(1) }),
    two('a time of -1', { timestampDelta: -1 - nowMs }),
    two('a time far ahead', { timestampDelta: 400_000_000 }),
    two('both times far ahead', { timestampDelta: 400_000_000 }, { offsetDelta: 1, timestampDelta: 400_000_000 }),
    { what: 'bytes behind its records', bytes: handmade(Buffer.concat([rawRecord({}), Buffer.alloc(3)]), { count: 1, nowMs }) },
  ]
}

/** What one of two brokers may take and the other refuse: on a topic of their own, so that the others stay comparable. */
export function doubtfulBatches(random: Random, nowMs: number): Spoiled[] {
  const two = (what: string, first: RawRecord, second?: RawRecord): Spoiled => twoRecords(nowMs, what, first, second)
  const plain = encodeBatch({ records: keyed(someRecords(random, nowMs)) })
  return [
    two('a time long ago', { timestampDelta: -10_000_000_000_000 }),
    two('a time of -5', { timestampDelta: -5 - nowMs }),
    { what: 'the LogAppendTime bit', bytes: patched(plain, copy => copy.writeInt16BE(0x08, 21)) },
    { what: 'a byte behind it', bytes: Buffer.concat([plain, Buffer.alloc(1)]) },
    two('offsets 0 and 2', {}, { offsetDelta: 2 }),
    two('offsets 0 and 0', {}, { offsetDelta: 0 }),
    two('offsets 1 and 0', { offsetDelta: 1 }, { offsetDelta: 0 }),
    two('a negative offset', { offsetDelta: -1 }),
    two('a negative key length', { keyLength: -3 }),
    two('a negative value length', { valueLength: -2 }),
  ]
}
