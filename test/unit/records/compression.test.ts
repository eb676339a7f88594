/** Codecs: what other clients write is read, and nothing inflates beyond its bound. */

import { compressFrameSync } from 'lz4-napi'
import { expect, test } from 'vitest'
import { deflate, inflate, inflatePieces } from '../../../core/records/compression.ts'
import { CorruptBatch, InflatedTooLarge } from '../../../core/records/corrupt-batch.ts'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const text = Buffer.from(Array.from({ length: 4000 }, (_, index) => `line ${index % 97} of some text\n`).join(''))
const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (Math.imul(index, 2654435761) >>> 13) & 0xff))

test.each(codecs)('%s gives back what went in, and exactly its size is enough', codec => {
  for (const bytes of [text, noise, Buffer.alloc(0), Buffer.from('x')]) {
    expect(inflate(codec, deflate(codec, bytes), Math.max(1, bytes.length)).equals(bytes)).toBe(true)
  }
})

test.each(codecs)('%s is refused one byte below its size', codec => {
  expect(() => inflate(codec, deflate(codec, noise), noise.length - 1)).toThrow(InflatedTooLarge)
})

test.each(codecs)('a %s bomb is refused', codec => {
  const bomb = deflate(codec, Buffer.alloc(64 * 1024 * 1024))
  expect(bomb.length).toBeLessThan(4 * 1024 * 1024)
  expect(() => inflate(codec, bomb, 1024 * 1024)).toThrow(InflatedTooLarge)
})

test.each(codecs)('%s cut anywhere or with a changed byte is CorruptBatch or other bytes, never a crash', codec => {
  const good = deflate(codec, text.subarray(0, 2000))
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good)
    changed[at] = (changed[at] ?? 0) ^ 0xff
    for (const bytes of [good.subarray(0, at), changed]) {
      try {
        expect(inflate(codec, Buffer.from(bytes), 4000).length).toBeLessThanOrEqual(4000)
      } catch (failure) {
        expect(failure).toBeInstanceOf(CorruptBatch)
      }
    }
  }
})

test.each(['gzip', 'lz4', 'zstd'] as const)('joined %s frames are read to the end', codec => {
  const joined = Buffer.concat([deflate(codec, Buffer.from('one, ')), deflate(codec, Buffer.from('two, ')), deflate(codec, text)])
  expect(String(inflate(codec, joined, 1_000_000))).toBe(`one, two, ${String(text)}`)
})

test('snappy is read as one raw block and in the framing that Java writes, of one stream or several joined', () => {
  const header = Buffer.concat([Buffer.from('\x82SNAPPY\0', 'latin1'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
  const block = (bytes: Buffer): Buffer => {
    const raw = deflate('snappy', bytes)
    const length = Buffer.alloc(4)
    length.writeInt32BE(raw.length)
    return Buffer.concat([length, raw])
  }
  const half = text.length >>> 1
  const framed = Buffer.concat([header, block(text.subarray(0, half)), block(text.subarray(half))])
  expect(inflate('snappy', framed, text.length).equals(text)).toBe(true)
  expect(inflate('snappy', Buffer.concat([framed, framed]), text.length * 2).equals(Buffer.concat([text, text]))).toBe(true)
  expect(inflate('snappy', deflate('snappy', text), text.length).equals(text)).toBe(true)
})

test('a zstd frame that says it is small and carries more is refused before it is made', () => {
  const bomb = deflate('zstd', Buffer.alloc(64 * 1024 * 1024))
  // The same blocks behind a header of one segment that claims 200 bytes.
  const windowed = (bomb[4] ?? 0) & 0x20 ? 0 : 1
  const blocksAt = 5 + windowed + ([0, 2, 4, 8][(bomb[4] ?? 0) >>> 6] ?? 0)
  const lie = Buffer.concat([bomb.subarray(0, 4), Buffer.from([0x20, 200]), bomb.subarray(blocksAt)])
  expect(() => inflate('zstd', lie, 1024 * 1024)).toThrow(CorruptBatch)
})

/** What the pieces add up to, and how large the largest is. */
async function inPieces(codec: (typeof codecs)[number], bytes: Buffer, bytesMax: number): Promise<{ readonly whole: Buffer; readonly largest: number }> {
  const found: Buffer[] = []
  await inflatePieces(codec, bytes, { bytesMax, take: piece => found.push(Buffer.from(piece)) })
  return { whole: Buffer.concat(found), largest: Math.max(0, ...found.map(piece => piece.length)) }
}

const long = Buffer.concat(Array.from({ length: 40 }, () => text))

test.each(codecs)('%s in pieces is what it is whole, joined or not, and bounded alike', async codec => {
  expect(long.length).toBeGreaterThan(3_000_000)
  for (const bytes of codec === 'snappy' ? [deflate(codec, long)] : [deflate(codec, long), Buffer.concat([deflate(codec, long.subarray(0, 9)), deflate(codec, long.subarray(9))])]) {
    const { whole, largest } = await inPieces(codec, bytes, long.length)
    expect(whole.equals(long)).toBe(true)
    if (codec === 'gzip' || codec === 'lz4') expect(largest).toBeLessThanOrEqual(4 * 1024 * 1024)
    await expect(inPieces(codec, bytes, long.length - 1)).rejects.toThrow(InflatedTooLarge)
    await expect(inPieces(codec, bytes.subarray(0, -5), long.length)).rejects.toThrow(CorruptBatch)
  }
})

test('large lz4 frames with checksums are read, and a header that was tampered with is refused', async () => {
  for (const options of [{}, { contentChecksum: true }, { blockChecksums: true }, { contentChecksum: true, blockChecksums: true }]) {
    expect((await inPieces('lz4', compressFrameSync(long, options), long.length)).whole.equals(long)).toBe(true)
  }
  const tampered = compressFrameSync(long)
  tampered[5] = (tampered[5] ?? 0) ^ 0x30
  await expect(inPieces('lz4', tampered, 2 * long.length)).rejects.toThrow(CorruptBatch)
})

test('a snappy block that claims more than its bytes can hold is refused before that is allocated', () => {
  const claim = Buffer.from([0x80, 0x80, 0x80, 0x30, 0, 1, 2, 3]) // 96 MiB in 8 bytes
  expect(() => inflate('snappy', claim, 128 * 1024 * 1024)).toThrow(CorruptBatch)
})

test('a fault of whoever takes the pieces stays what it is', async () => {
  const fault = new TypeError('a bug')
  for (const codec of codecs) {
    await expect(inflatePieces(codec, deflate(codec, text), { bytesMax: text.length, take: () => { throw fault } })).rejects.toBe(fault)
  }
})
