/** Bytes a peer may send by mistake or malice end in a value or a FrameError, and cost no more memory than they are long. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTopics, metadata, offsetFetch } from '../../core/protocol/apis/index.ts'
import { FrameError } from '../../core/protocol/frame-error.ts'
import type { Message } from '../../core/protocol/schema.ts'
import { Reader, Writer } from '../../core/protocol/wire.ts'
import { hex } from '../support/hex.ts'
import { arbitraryOf } from './arbitrary.ts'
import { everyVersion } from './messages.ts'

const SEED = 20_260_821

/** The decoded value, or the FrameError; anything else that is thrown fails the test. */
function attempt(message: Message<any>, version: number, bytes: Buffer): unknown {
  try {
    return message.decode(new Reader(bytes), version)
  } catch (error) {
    if (error instanceof FrameError) return error
    throw error
  }
}

/** Elements of all arrays within a value. */
function elementsOf(value: unknown): number {
  if (Buffer.isBuffer(value) || value instanceof FrameError || typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? value.length : 0
  return Object.values(value).reduce((sum: number, inner) => sum + elementsOf(inner), own)
}

test.each(everyVersion)('$title cut short anywhere is a FrameError', ({ message, version }) => {
  for (const value of fc.sample(arbitraryOf(message, version), { numRuns: 4, seed: SEED })) {
    const bytes = Buffer.concat(message.encode(value, version))
    for (let length = 0; length < bytes.length; length++) {
      expect(attempt(message, version, bytes.subarray(0, length))).toBeInstanceOf(FrameError)
    }
  }
})

test.each(everyVersion)('$title survives bytes at random', ({ message, version }) => {
  const check = (noise: Uint8Array) => {
    const found = attempt(message, version, Buffer.from(noise))
    expect(elementsOf(found)).toBeLessThanOrEqual(noise.length)
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 40 })
})

test.each(everyVersion)('$title survives a valid message with bytes changed', ({ message, version }) => {
  const values = fc.sample(arbitraryOf(message, version), { numRuns: 3, seed: SEED })
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), { minLength: 1, maxLength: 4 })
  for (const value of values) {
    const bytes = Buffer.concat(message.encode(value, version))
    if (bytes.length === 0) continue
    const check = (list: readonly (readonly [number, number])[]) => {
      const changed = Buffer.from(bytes)
      for (const [at, byte] of list) changed[at % bytes.length] = byte
      expect(elementsOf(attempt(message, version, changed))).toBeLessThanOrEqual(bytes.length)
    }
    fc.assert(fc.property(changes, check), { numRuns: 15 })
  }
})

test('an array longer than the frame could hold is refused before any element is read', () => {
  const inOldVersions = hex('7fffffff 0001')
  expect(() => metadata.decodeRequest(new Reader(inOldVersions), 1)).toThrow('MetadataRequest v1: array of 2147483647 elements in the 2 bytes left')
  const inFlexibleOnes = hex('ffffffff0f 0000')
  expect(() => metadata.decodeRequest(new Reader(inFlexibleOnes), 9)).toThrow('array of 4294967294 elements in the 2 bytes left')
})

test('the least size of an element counts: ten topics do not fit into twenty-nine bytes', () => {
  // A topic of OffsetFetch v6 takes three bytes at least: a compact string, a compact array, a tag section.
  const frame = (topicBytes: number) => Buffer.concat([hex('02 67 0b'), Buffer.alloc(topicBytes, 1)])
  expect(() => offsetFetch.decodeRequest(new Reader(frame(29)), 6)).toThrow('array of 10 elements in the 29 bytes left')
})

test('one frame decodes to a bounded number of elements, however small they are on the wire', () => {
  const writer = new Writer()
  const count = 1_000_001
  writer.uvarint(count + 1)
  const empty = Buffer.alloc(count * 2, hex('0100'))
  const bytes = Buffer.concat([...writer.finish(), empty, Buffer.alloc(3)])
  expect(() => metadata.decodeRequest(new Reader(bytes), 9)).toThrow('more than 1000000 array elements in one frame')
})

test('a string is refused in every version when no version could tell it again', () => {
  const compact = (text: Buffer): Buffer => {
    const writer = new Writer()
    writer.uvarint(2)
    writer.uvarint(text.length + 1)
    return Buffer.concat([...writer.finish(), text, hex('00 01 00 00 00')])
  }
  const read = (text: Buffer): unknown => attempt(metadata.request, 9, compact(text))
  expect(read(Buffer.alloc(32_767, 'x'))).toMatchObject({ topics: [{ name: 'x'.repeat(32_767) }] })
  expect(read(Buffer.alloc(32_768, 'x'))).toBeInstanceOf(FrameError)
  // As characters of three bytes each these would be longer than they came.
  expect(read(Buffer.alloc(10_923, 0xff))).toBeInstanceOf(FrameError)
  expect(read(Buffer.alloc(10_922, 0xff))).not.toBeInstanceOf(FrameError)
})

test('a message that repeats a long name is cut to what a string may have', () => {
  for (const version of [2, 5]) {
    const bytes = Buffer.concat(createTopics.encodeResponse({ topics: [{ name: 'a', errorCode: 17, errorMessage: `no ${'\u00e4'.repeat(20_000)}`, configs: [] }] }, version))
    const { errorMessage } = createTopics.decodeResponse(new Reader(bytes), version).topics[0] ?? {}
    expect(errorMessage?.slice(0, 5)).toBe('no \u00e4\u00e4')
    expect(errorMessage?.endsWith('...')).toBe(true)
    expect(Buffer.byteLength(errorMessage ?? '')).toBeLessThanOrEqual(32_767)
  }
})
