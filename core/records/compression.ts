/**
 * The four codecs of record batches. Native modules load on first use. Inflating takes the most bytes the result may have and refuses
 * more before memory is spent: gzip by zlib's own limit, the others by sizes read from the compressed stream first (zstd to within a block).
 */

import { createRequire } from 'node:module'
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib'
import { CorruptBatch, InflatedTooLarge } from './corrupt-batch.ts'
import { inflatedBytesOfLz4, lz4Pieces, splitLz4Frames } from './lz4-frames.ts'
import { inflateSnappy, type RawSnappy, snappyPieces } from './snappy-frames.ts'
import { inflatedBytesOfZstd, ZSTD_BLOCK_BYTES_MAX, zstdPieces } from './zstd-frames.ts'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** In the order of their ids in a batch's attributes. */
const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Kafka's compression.gzip.level and compression.zstd.level; the libraries of the others know one level. */
export type CompressionLevels = { readonly gzip: number; readonly zstd: number }
/** Kafka's defaults; -1 is zlib's own. */
const defaultLevels: CompressionLevels = { gzip: -1, zstd: 3 }

type Lz4 = { compressFrameSync(bytes: Buffer): Buffer; decompressFrameSync(bytes: Buffer): Buffer; uncompressSync(bytes: Buffer): Buffer }
type Zstd = {
  Encoder: new (level: number) => { encodeSync(bytes: Buffer): Buffer }
  Decoder: new () => { decodeSync(bytes: Buffer): Buffer }
}

export function codecId(codec: Codec): number {
  return codecs.indexOf(codec)
}

/** Throws CorruptBatch for an id no codec has. */
export function codecOf(id: number): Codec {
  const codec = codecs[id]
  if (codec === undefined) throw new CorruptBatch(`no compression codec has the id ${id}`)
  return codec
}

/** `bytes` inflated. Throws InflatedTooLarge beyond `bytesMax`, CorruptBatch when they are not of this codec. */
export function inflate(codec: Codec, bytes: Buffer, bytesMax: number): Buffer {
  if (codec === 'none') return bytes
  try {
    return inflaters[codec](bytes, bytesMax)
  } catch (failure) {
    throw asCorrupt(failure, codec, bytesMax)
  }
}

/**
 * `bytes` inflated and handed to `take` piece by piece, so that they are never held whole: gzip in pieces of 64 KiB, snappy and lz4 by
 * their blocks, zstd by its frames. Rejects as `inflate` throws, and with what `take` throws.
 */
export async function inflatePieces(codec: Codec, bytes: Buffer, o: { readonly bytesMax: number; readonly take: (piece: Buffer) => void }): Promise<void> {
  const { bytesMax } = o
  let thrown: { readonly failure: unknown } | undefined
  let total = 0
  const take = (piece: Buffer): void => {
    total += piece.length
    if (total > bytesMax) throw tooLarge(codec, bytesMax)
    try {
      o.take(piece)
    } catch (failure) {
      thrown = { failure }
      throw failure
    }
  }
  try {
    if (codec === 'none') take(bytes)
    else if (codec === 'gzip') await gunzipPieces(bytes, bytesMax, take)
    else for (const piece of pieces[codec](bytes, bytesMax)) take(piece)
  } catch (failure) {
    throw thrown ? thrown.failure : asCorrupt(failure, codec, bytesMax)
  }
}

/** Whether `bytes` may inflate to more than `bytesMax`: said cheaply and only for gzip, whose streams end with their size modulo 2^32. */
export function saysLargerThan(codec: Codec, bytes: Buffer, bytesMax: number): boolean {
  return codec === 'gzip' && bytes.length >= 4 && bytes.readUInt32LE(bytes.length - 4) > bytesMax
}

export function deflate(codec: Codec, bytes: Buffer, levels = defaultLevels): Buffer {
  return codec === 'none' ? bytes : deflaters[codec](bytes, levels)
}

const deflaters = {
  gzip: (bytes: Buffer, { gzip }: CompressionLevels) => gzipSync(bytes, { level: gzip }),
  snappy: (bytes: Buffer) => snappy().compressSync(bytes),
  lz4: (bytes: Buffer) => lz4().compressFrameSync(bytes),
  zstd: (bytes: Buffer, levels: CompressionLevels) => new (zstd().Encoder)(levels.zstd).encodeSync(bytes),
}

const inflaters = {
  gzip: (bytes: Buffer, bytesMax: number) => gunzipSync(bytes, { maxOutputLength: bytesMax }),
  snappy: (bytes: Buffer, bytesMax: number) => inflateSnappy(snappy(), bytes, bytesMax),
  lz4(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfLz4(bytes, bytesMax) > bytesMax) throw tooLarge('lz4', bytesMax)
    const frames = Array.from(splitLz4Frames(bytes), frame => lz4().decompressFrameSync(frame))
    return frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames)
  },
  zstd(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfZstd(bytes) > bytesMax + ZSTD_BLOCK_BYTES_MAX) throw tooLarge('zstd', bytesMax)
    const inflated = new (zstd().Decoder)().decodeSync(bytes)
    if (inflated.length > bytesMax) throw tooLarge('zstd', bytesMax)
    return inflated
  },
}

const pieces = {
  snappy: (bytes: Buffer, bytesMax: number) => snappyPieces(snappy(), bytes, bytesMax),
  lz4(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfLz4(bytes, bytesMax) > bytesMax) throw tooLarge('lz4', bytesMax)
    return lz4Pieces({ frame: frame => lz4().decompressFrameSync(frame), block: block => lz4().uncompressSync(block) }, bytes)
  },
  zstd(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfZstd(bytes) > bytesMax + ZSTD_BLOCK_BYTES_MAX) throw tooLarge('zstd', bytesMax)
    return zstdPieces(frame => new (zstd().Decoder)().decodeSync(frame), bytes)
  },
}

/** Streams that say they are small are inflated at once: no turns of the event loop, so that a simulation replays exactly. */
const GUNZIP_AT_ONCE_BYTES_MAX = 1024 * 1024
const GUNZIP_PIECE_BYTES = 64 * 1024

async function gunzipPieces(bytes: Buffer, bytesMax: number, take: (piece: Buffer) => void): Promise<void> {
  const atOnce = Math.min(bytesMax, GUNZIP_AT_ONCE_BYTES_MAX)
  if (!saysLargerThan('gzip', bytes, atOnce)) {
    const inflated = gunzipUpTo(bytes, atOnce)
    if (inflated) return take(inflated)
  }
  const gunzip = createGunzip({ chunkSize: GUNZIP_PIECE_BYTES })
  gunzip.end(bytes)
  for await (const piece of gunzip as AsyncIterable<Buffer>) take(piece) // without an encoding a stream gives buffers
}

/** undefined when the result would be larger. */
function gunzipUpTo(bytes: Buffer, bytesMax: number): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax })
  } catch (failure) {
    if (isBufferTooLarge(failure)) return undefined
    throw failure
  }
}

/** What a library threw, as what it means for a reader of records. */
function asCorrupt(failure: unknown, codec: Codec, bytesMax: number): CorruptBatch {
  if (failure instanceof CorruptBatch) return failure
  if (isBufferTooLarge(failure)) return tooLarge(codec, bytesMax)
  return new CorruptBatch(`records cannot be inflated as ${codec}`, 'INVALID_RECORD', { cause: failure })
}

function tooLarge(codec: Codec, bytesMax: number): InflatedTooLarge {
  return new InflatedTooLarge(`records inflate as ${codec} to more than ${bytesMax} bytes`)
}

function isBufferTooLarge(failure: unknown): boolean {
  return (failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_BUFFER_TOO_LARGE' // zlib's own errors carry the code
}

const load = createRequire(import.meta.url)
let loadedSnappy: RawSnappy | undefined
let loadedLz4: Lz4 | undefined
let loadedZstd: Zstd | undefined

// The casts name the part of each package's own declarations that is used here.
const snappy = (): RawSnappy => (loadedSnappy ??= load('snappy') as RawSnappy)
const lz4 = (): Lz4 => (loadedLz4 ??= load('lz4-napi') as Lz4)
const zstd = (): Zstd => (loadedZstd ??= load('@toondepauw/node-zstd') as Zstd)
