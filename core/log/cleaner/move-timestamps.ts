/** Writes records anew with their timestamps counted from another base: what a delete horizon needs, which takes the base's place. */

import { RecordWriter, varintBytes } from '../../records/encode-batch.ts'
import { RecordCursor } from '../../records/record-cursor.ts'

const cursor = new RecordCursor()

/** `count` records counted from `from`, as bytes that count from `to`. `fixedTimestamp`: every record's, whatever its delta (LogAppendTime). */
export function moveTimestamps(
  records: Buffer,
  count: number,
  o: { readonly from: number; readonly to: number; readonly fixedTimestamp: number | undefined },
): Buffer {
  const deltaOf = (delta: number): number => (o.fixedTimestamp ?? o.from + delta) - o.to
  let length = 0
  cursor.reset(records, 0, records.length)
  for (let index = 0; index < count; index++) {
    cursor.next()
    const rest = cursor.endAt - afterTimestamp(records, cursor.startAt)
    const body = 1 + varintBytes(deltaOf(cursor.timestampDelta)) + rest
    length += varintBytes(body) + body
  }
  const out = new RecordWriter(length)
  cursor.reset(records, 0, records.length)
  for (let index = 0; index < count; index++) {
    cursor.next()
    const restAt = afterTimestamp(records, cursor.startAt)
    const delta = deltaOf(cursor.timestampDelta)
    out.varint(1 + varintBytes(delta) + cursor.endAt - restAt)
    out.byte(0)
    out.varint(delta)
    out.raw(records, restAt, cursor.endAt)
  }
  return out.bytes
}

/** Where the fields after the timestamp begin: behind the record's length, its attributes and the timestamp. */
function afterTimestamp(records: Buffer, recordAt: number): number {
  return afterVarint(records, afterVarint(records, recordAt) + 1)
}

function afterVarint(bytes: Buffer, at: number): number {
  let end = at
  while ((bytes[end] ?? 0) >= 0x80) end++
  return end + 1
}
