/** The reader never looks past its frame; the writer keeps what it is given, in order. */

import { expect, test } from 'vitest'
import { FrameError } from '../../../core/protocol/frame-error.ts'
import { Reader, Writer, ZERO_UUID } from '../../../core/protocol/wire.ts'
import { hex } from '../../support/hex.ts'

const reader = (text: string) => new Reader(hex(text))

function written(write: (writer: Writer) => void): string {
  const writer = new Writer(4)
  write(writer)
  const bytes = Buffer.concat(writer.finish())
  expect(writer.byteLength).toBe(bytes.length)
  return bytes.toString('hex')
}

test('integers are big-endian and signed where Kafka has them so', () => {
  expect(reader('ff').int8()).toBe(-1)
  expect(reader('80').int8()).toBe(-128)
  expect(reader('fffe').int16()).toBe(-2)
  expect(reader('fffe').uint16()).toBe(65_534)
  expect(reader('80000000').int32()).toBe(-2_147_483_648)
  expect(reader('ffffffff').uint32()).toBe(4_294_967_295)
  expect(reader('8000000000000000').int64()).toBe(-(2n ** 63n))
  expect(written(writer => writer.int64(2n ** 63n - 1n))).toBe('7fffffffffffffff')
  expect(written(writer => writer.int64(-1n))).toBe('ffffffffffffffff')
})

test('an offset is a number up to 2^53 − 1, and refused beyond', () => {
  for (const value of [0, -1, 1, 0xffffffff, 0x100000000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    const text = written(writer => writer.offset(value))
    expect(BigInt.asIntN(64, BigInt(`0x${text}`))).toBe(BigInt(value))
    expect(reader(text).offset()).toBe(value)
  }
  expect(() => reader('0020000000000000').offset()).toThrow(FrameError)
  expect(() => reader('7fffffffffffffff').offset()).toThrow(FrameError)
  expect(() => reader('ffe0000000000000').offset()).toThrow(FrameError)
  expect(() => new Writer().offset(2 ** 53)).toThrow('safe integer')
})

test('an unsigned varint has 32 bits and no more', () => {
  for (const value of [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x0fffffff, 0x10000000, 0xffffffff]) {
    expect(reader(written(writer => writer.uvarint(value))).uvarint()).toBe(value)
  }
  expect(written(writer => writer.uvarint(300))).toBe('ac02')
  expect(() => reader('ffffffff10').uvarint()).toThrow('varint longer than 32 bits')
  expect(() => reader('ffffffffff01').uvarint()).toThrow('varint longer than 32 bits')
  expect(() => reader('8080').uvarint()).toThrow('1 bytes expected at byte 2, 0 left')
})

test('an id is 22 characters of base64url', () => {
  const id = Buffer.from('fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0', 'hex').toString('base64url')
  expect(reader(written(writer => writer.uuid(id))).uuid()).toBe(id)
  expect(reader('00'.repeat(16)).uuid()).toBe(ZERO_UUID)
  expect(written(writer => writer.uuid(ZERO_UUID))).toBe('00'.repeat(16))
  expect(() => new Writer().uuid('short')).toThrow('22 characters')
  expect(() => new Writer().uuid('not base64url at all!!')).toThrow('22 characters')
})

test('strings short and long, of one byte a character and of more', () => {
  for (const text of ['', 'orders', 'ключ', 'a'.repeat(31) + 'é', 'é', 'a'.repeat(33), '🦦'.repeat(200), 'x'.repeat(32_767)]) {
    const compact = reader(written(writer => writer.string(text, true)))
    expect(compact.utf8(compact.uvarint() - 1)).toBe(text)
    const plain = reader(written(writer => writer.string(text, false)))
    expect(plain.utf8(plain.int16())).toBe(text)
    expect(plain.remaining).toBe(0)
  }
  expect(() => new Writer().string('x'.repeat(32_768), false)).toThrow('32,767')
})

test('spliced buffers stay where they were put while the chunk grows around them', () => {
  const writer = new Writer(4)
  const first = Buffer.from('first')
  const second = Buffer.from('second')
  writer.int32(1)
  writer.splice(first)
  writer.string('words that do not fit into the chunk', false)
  writer.int16(2)
  writer.splice(second)
  writer.splice(Buffer.alloc(0))
  expect(writer.byteLength).toBe(4 + 5 + 2 + 36 + 2 + 6)
  expect(writer.splicedBytes).toBe(11)
  const pieces = writer.finish()
  expect(pieces).toHaveLength(4)
  expect(pieces[1]).toBe(first)
  expect(pieces[3]).toBe(second)
  expect(Buffer.concat(pieces).toString('latin1')).toBe('\0\0\0\u0001first\0$words that do not fit into the chunk\0\u0002second')
})

test('bytes are read as a view, never past the end', () => {
  const bytes = Buffer.from('abcdef')
  const within = new Reader(bytes, 1, 4)
  expect(within.view(3).buffer).toBe(bytes.buffer)
  expect(() => within.take(1)).toThrow(FrameError)
  expect(() => new Reader(bytes).view(7)).toThrow('7 bytes expected at byte 0, 6 left')
})

test('a section of unknown tags is stepped over, and may not end outside the frame', () => {
  const known = reader('02 05 02 aabb 09 00 77')
  known.skipTags()
  expect(known.remaining).toBe(1)
  expect(() => reader('01 05 7f aa').skipTags()).toThrow(FrameError)
  expect(() => reader('ffffffff0f 0000').skipTags()).toThrow(FrameError)
})
