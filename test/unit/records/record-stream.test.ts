/** Records read from pieces: as the cursor reads them from one. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptBatch } from '../../../core/records/corrupt-batch.ts'
import { BATCH_HEADER_BYTES, encodeBatch } from '../../../core/records/record-batch.ts'
import { RecordCursor } from '../../../core/records/record-cursor.ts'
import { RecordStream } from '../../../core/records/record-stream.ts'

type Head = readonly [number, number, number, number]

function byCursor(section: Buffer, count: number): Head[] | 'corrupt' {
  const heads: Head[] = []
  const cursor = new RecordCursor()
  cursor.reset(section, 0, section.length)
  try {
    for (let index = 0; index < count; index++) {
      cursor.next()
      heads.push([cursor.offsetDelta, cursor.timestampDelta, cursor.keyLength, cursor.valueLength])
    }
    return cursor.hasMore ? 'corrupt' : heads
  } catch (failure) {
    expect(failure).toBeInstanceOf(CorruptBatch)
    return 'corrupt'
  }
}

function byStream(pieces: readonly Buffer[], count: number): Head[] | 'corrupt' {
  const heads: Head[] = []
  try {
    const stream = new RecordStream(count, (...head) => heads.push(head))
    for (const piece of pieces) stream.push(piece)
    stream.end()
    return heads
  } catch (failure) {
    expect(failure).toBeInstanceOf(CorruptBatch)
    return 'corrupt'
  }
}

function cutAt(section: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b).map(place => Math.min(place, section.length)), section.length]
  return sorted.slice(1).map((end, index) => section.subarray(sorted[index], end))
}

const bytes = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 200 }))
const record = fc.record({
  key: bytes,
  value: bytes,
  timestamp: fc.oneof(fc.integer(), fc.maxSafeInteger().map(time => Math.trunc(time / 4))),
  headers: fc.array(fc.record({ name: fc.string({ maxLength: 5 }), value: bytes }), { maxLength: 3 }),
})
const places = fc.array(fc.nat(3000), { maxLength: 40 })

test('records cut anywhere, also byte by byte, are those of the whole', () => {
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), places, (records, cuts) => {
    const section = encodeBatch({ records }).subarray(BATCH_HEADER_BYTES)
    const whole = byCursor(section, records.length)
    expect(whole).not.toBe('corrupt')
    expect(byStream([section], records.length)).toEqual(whole)
    expect(byStream(cutAt(section, cuts), records.length)).toEqual(whole)
    expect(byStream(cutAt(section, Array.from({ length: section.length }, (_, index) => index)), records.length)).toEqual(whole)
    expect(byStream([section], records.length + 1)).toBe('corrupt')
    expect(byStream([section], records.length - 1)).toBe('corrupt')
  }), { seed: 3, numRuns: 200 })
})

test('what the cursor refuses is refused in pieces, and nothing else', () => {
  const change = fc.record({ at: fc.nat(600), to: fc.integer({ min: 0, max: 255 }) })
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.array(change, { minLength: 1, maxLength: 3 }), places, (records, changes, cuts) => {
    const section = Buffer.from(encodeBatch({ records }).subarray(BATCH_HEADER_BYTES))
    for (const { at, to } of changes) section[at % section.length] = to
    expect(byStream(cutAt(section, cuts), records.length)).toEqual(byCursor(section, records.length))
  }), { seed: 4, numRuns: 3000 })
})

test('a record that says it has more headers than it has is refused', () => {
  const section = Buffer.from(encodeBatch({ records: [{ key: null, value: null, timestamp: 0, headers: [{ name: 'a', value: null }, { name: 'b', value: null }] }] }).subarray(BATCH_HEADER_BYTES))
  expect(byCursor(section, 1)).not.toBe('corrupt')
  section[6] = 6 // three headers
  expect([byCursor(section, 1), byStream([section], 1)]).toEqual(['corrupt', 'corrupt'])
})
