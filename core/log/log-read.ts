/** Reading from a row of segments into pooled buffers: whole batches, by reference, straight from the page cache. */

import { BATCH_HEADER_BYTES, lastOffsetOf, sizeOf } from '../records/batch-header.ts'
import { readBuffers } from './read-buffers.ts'
import type { Segment } from './segment.ts'
import { segmentIndexFor } from './segment-list.ts'

export type ReadRequest = {
  readonly offset: number
  readonly maxBytes: number
  /** Answer the first batch even when it is larger than `maxBytes` (KIP-74). */
  readonly minOneBatch: boolean
  /** Only batches that end before this offset. */
  readonly upTo?: number
}

export type LogRead =
  | {
      readonly error: 'NONE'
      readonly buffers: readonly Buffer[]
      readonly byteCount: number
      /** The offset after the last record read; the one asked for when nothing was. */
      readonly nextOffset: number
      /** Gives the buffers back; call it once, when the bytes were sent or are not wanted. */
      release(): void
    }
  | { readonly error: 'OFFSET_OUT_OF_RANGE' }

const nothingToRelease = (): void => {}

/** The caller has checked that `offset` lies within the log. */
export function readSegments(segments: readonly Segment[], request: ReadRequest & { readonly upTo: number }): LogRead {
  if (request.offset >= request.upTo || (request.maxBytes <= 0 && !request.minOneBatch)) return nothing(request.offset)
  for (let index = segmentIndexFor(segments, request.offset); index < segments.length; index++) {
    const segment = segments[index]
    const position = segment?.locate(Math.max(request.offset, segment.baseOffset))
    if (segment && position !== undefined) return readFrom(segment, position, request)
  }
  return nothing(request.offset)
}

function nothing(offset: number): LogRead {
  return { error: 'NONE', buffers: [], byteCount: 0, nextOffset: offset, release: nothingToRelease }
}

function readFrom(segment: Segment, position: number, request: ReadRequest & { readonly upTo: number }): LogRead {
  const available = segment.sizeBytes - position
  const wanted = Math.min(available, Math.max(request.maxBytes, BATCH_HEADER_BYTES))
  const pooled = readBuffers.take(wanted)
  if (!pooled) return request.minOneBatch ? readOne(segment, position, request) : nothing(request.offset)
  const length = fill(pooled, wanted, segment, position)
  const whole = wholeBatches(pooled, Math.min(length, Math.max(0, request.maxBytes)), request.upTo)
  if (whole.bytes > 0) return answer(segment, position, { buffer: pooled, ...whole })
  readBuffers.give(pooled)
  return request.minOneBatch ? readOne(segment, position, request) : nothing(request.offset)
}

/** The one batch at `position`, however large and whatever the pool's budget. */
function readOne(segment: Segment, position: number, request: ReadRequest & { readonly upTo: number }): LogRead {
  // A size that was damaged on disk must not become an allocation.
  const size = Math.min(segment.batchBytesAt(position), segment.sizeBytes - position)
  const buffer = readBuffers.takeAnyway(size)
  const length = fill(buffer, size, segment, position)
  const whole = wholeBatches(buffer, length, request.upTo)
  if (whole.bytes > 0) return answer(segment, position, { buffer, ...whole })
  readBuffers.give(buffer)
  return nothing(request.offset)
}

/** Reads into a pooled buffer, which goes back when the disk fails. */
function fill(buffer: Buffer, bytes: number, segment: Segment, position: number): number {
  try {
    return segment.file().readNow(buffer.subarray(0, bytes), position)
  } catch (failure) {
    readBuffers.give(buffer)
    throw failure
  }
}

function answer(segment: Segment, position: number, read: { buffer: Buffer; bytes: number; nextOffset: number }): LogRead {
  const { buffer, bytes, nextOffset } = read
  segment.hint(nextOffset, position + bytes)
  return { error: 'NONE', buffers: [buffer.subarray(0, bytes)], byteCount: bytes, nextOffset, release: () => readBuffers.give(buffer) }
}

function wholeBatches(bytes: Buffer, length: number, upTo: number): { bytes: number; nextOffset: number } {
  let at = 0
  let nextOffset = -1
  while (at + BATCH_HEADER_BYTES <= length) {
    const size = sizeOf(bytes, at)
    const lastOffset = lastOffsetOf(bytes, at)
    if (size < BATCH_HEADER_BYTES || at + size > length || lastOffset >= upTo) break
    nextOffset = lastOffset + 1
    at += size
  }
  return { bytes: at, nextOffset }
}

/** Bytes from the batch with `offset` to the one with `upTo`, or to the end; counting stops at `limit`. */
export function bytesBetween(segments: readonly Segment[], range: { offset: number; upTo: number | undefined; limit: number }): number {
  let total = 0
  for (let index = segmentIndexFor(segments, range.offset); index < segments.length && total < range.limit; index++) {
    const segment = segments[index]
    if (!segment || (range.upTo !== undefined && segment.baseOffset >= range.upTo)) break
    const from = segment.locate(Math.max(range.offset, segment.baseOffset)) ?? segment.sizeBytes
    const to = range.upTo === undefined ? segment.sizeBytes : (segment.locate(range.upTo) ?? segment.sizeBytes)
    total += Math.max(0, to - from)
  }
  return Math.min(total, range.limit)
}
