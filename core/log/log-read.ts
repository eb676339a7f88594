/**
 * Reading from a row of segments into pooled buffers: whole batches, by reference. What is in the page cache is read at once; a cold range
 * on the thread pool, in pieces. A batch that cannot be what was written is never handed out: where it lies, the answer is CORRUPT_MESSAGE.
 */

import { baseOffsetOf, BATCH_HEADER_BYTES, lastOffsetDeltaOf, leaderEpochOf, MAGIC, magicOf, recordCountOf, sizeOf } from '../records/batch-header.ts'
import { BatchWalk, type Damage, HEADER_SCRATCH_BYTES, knowsEpoch, type Stretch } from './batch-walk.ts'
import type { DamagedPlace } from './damage-reports.ts'
import type { LeaderEpoch } from './leader-epochs.ts'
import { readBuffers } from './read-buffers.ts'
import { type Reading, readingInTurn, readingNow } from './reading.ts'
import type { Segment } from './segment.ts'
import { segmentIndexFor } from './segment-list.ts'
import { type AbortedTransaction, collectAborted } from './transaction-index.ts'

export type ReadRequest = {
  readonly offset: number
  readonly maxBytes: number
  /** Answer the first batch even when it is larger than `maxBytes` (KIP-74). */
  readonly minOneBatch: boolean
  /** Only batches that end before this offset. */
  readonly upTo?: number
  /** Also name the aborted transactions that have records in the answer (read_committed). */
  readonly withAborted?: boolean
}

export type LogRead =
  | {
      readonly error: 'NONE'
      readonly buffers: readonly Buffer[]
      readonly byteCount: number
      /** The offset after the last record read; the one asked for when nothing was. */
      readonly nextOffset: number
      /** Null unless it was asked for. */
      readonly aborted: readonly AbortedTransaction[] | null
      /** Gives the buffers back; call it once, when the bytes were sent or are not wanted. */
      release(): void
    }
  | { readonly error: 'OFFSET_OUT_OF_RANGE' }
  /** The batches at the offset are damaged on disk; from offset `damage.to` on there may be good ones. */
  | { readonly error: 'CORRUPT_MESSAGE'; readonly message: string; readonly damage: DamagedPlace }

/** A log as it is at one moment: its segments, how much of the active one, and where it ends. */
export type LogView = {
  readonly segments: readonly Segment[]
  readonly endOffset: number
  readonly epochs: readonly LeaderEpoch[]
}

type BoundRequest = ReadRequest & { readonly upTo: number }
/** What can be decided without the disk, or the view to read from. */
export type Look = { readonly is: 'answered'; readonly read: LogRead } | { readonly is: 'readable'; readonly view: LogView; readonly request: BoundRequest }

/** A larger first batch is looked at together with its neighbours before memory is taken for it. */
const FIRST_BATCH_BYTES_TRUSTED = 1024 * 1024
/** How often a cold read begins again because its segments were replaced meanwhile. */
const TRIES_MAX = 3
/** The same where it found a segment gone: a compaction of many small segments replaces one after the other. */
const TRIES_AFTER_FAILURE_MAX = 30

const nothingToRelease = (): void => {}
const sharedScratch = Buffer.alloc(HEADER_SCRATCH_BYTES)

export function readNow(view: LogView, request: BoundRequest): LogRead {
  const read = readingNow(reading(view, request, sharedScratch))
  return request.withAborted ? withAborted(read, view, request) : read
}

/** Compaction takes the records of aborted transactions out of the log together with their entries: `read` was made of the segments of `view`. */
function withAborted(read: LogRead, { segments }: LogView, { offset }: BoundRequest): LogRead {
  if (read.error !== 'NONE') return read
  if (read.byteCount === 0) return { ...read, aborted: [] }
  try {
    return { ...read, aborted: collectAborted(segments, segmentIndexFor(segments, offset), { from: offset, upTo: read.nextOffset }) }
  } catch (failure) {
    read.release()
    throw failure
  }
}

/** Reads on the thread pool what is cold. `look` says what the log is like now: it is asked again after each wait. */
export async function readInTurn(look: () => Look): Promise<LogRead> {
  for (let tries = 1; ; tries++) {
    const before = look()
    if (before.is === 'answered') return before.read
    const { view, request } = before
    let read: LogRead | undefined
    try {
      read = await readingInTurn(reading(view, request, Buffer.allocUnsafe(HEADER_SCRATCH_BYTES)))
    } catch (failure) {
      // The file may be gone because its segment is: deleted, or compacted into another.
      if (tries >= TRIES_AFTER_FAILURE_MAX || isSameRow(look(), view)) throw failure
    }
    if (!read) continue
    const after = lookWith(read, look)
    if (after.is === 'readable' && !request.withAborted) return read
    if (after.is === 'readable' && after.view.segments === view.segments) return withAborted(read, view, request)
    if (read.error === 'NONE') read.release()
    if (after.is === 'answered') return after.read
    if (tries >= TRIES_MAX) return { ...nothing(request.offset), aborted: [] } // and the reader asks again
  }
}

/** What was read goes back when the log was closed meanwhile. */
function lookWith(read: LogRead, look: () => Look): Look {
  try {
    return look()
  } catch (failure) {
    if (read.error === 'NONE') read.release()
    throw failure
  }
}

function isSameRow(look: Look, view: LogView): boolean {
  return look.is === 'readable' && look.view.segments === view.segments
}

/** Whether a read would have to wait for the disk, as far as can be told without asking it. */
export function isCold(segments: readonly Segment[], offset: number, maxBytes: number): boolean {
  const segment = segments[segmentIndexFor(segments, offset)]
  if (!segment) return false
  const position = segment.placeInMemory(Math.max(offset, segment.baseOffset))
  if (position === undefined) return segment.sizeBytes > 0
  const bytes = Math.min(segment.sizeBytes - position, Math.max(maxBytes, HEADER_SCRATCH_BYTES))
  return bytes > 0 && !segment.isWarm(position, bytes)
}

function* reading(view: LogView, request: BoundRequest, scratch: Buffer): Reading<LogRead> {
  const read = yield* readingOnce(view, request, scratch)
  return isHollow(read) ? yield* passHollow(read, view, request, scratch) : read
}

function* readingOnce(view: LogView, request: BoundRequest, scratch: Buffer): Reading<LogRead> {
  if (request.offset >= request.upTo || (request.maxBytes <= 0 && !request.minOneBatch)) return nothing(request.offset)
  const { segments } = view
  // Of the active segment's growth nothing is seen: its size now and the end offset in `view` belong together.
  const activeBytes = segments.at(-1)?.sizeBytes ?? 0
  for (let index = segmentIndexFor(segments, request.offset); index < segments.length; index++) {
    const segment = segments[index]
    const next = segments[index + 1]
    if (!segment) break
    const stretch = { segment, sizeBytes: next ? segment.sizeBytes : activeBytes, endOffset: next?.baseOffset ?? view.endOffset, epochs: view.epochs }
    const read = yield* readStretch(stretch, request, scratch)
    if (read) return read
  }
  return nothing(request.offset)
}

/** Whether there is nothing in it but batches that compaction emptied. */
function isHollow(read: LogRead): read is Extract<LogRead, { error: 'NONE' }> {
  const bytes = read.error === 'NONE' ? read.buffers[0] : undefined
  if (!bytes || !isEmptyAt(bytes, 0)) return false
  for (let at = 0; at < bytes.length; at += BATCH_HEADER_BYTES) if (!isEmptyAt(bytes, at)) return false
  return true
}

/** A batch that was emptied is its header and nothing more; one with records whose number was damaged is the client's to refuse. */
function isEmptyAt(bytes: Buffer, at: number): boolean {
  return recordCountOf(bytes, at) === 0 && sizeOf(bytes, at) === BATCH_HEADER_BYTES
}

/** Goes on to what has records: some clients (kafkajs) move by records and ask for the same empty batches for ever. At the end they are answered. */
function* passHollow(first: LogRead, view: LogView, request: BoundRequest, scratch: Buffer): Reading<LogRead> {
  let read = first
  while (isHollow(read)) {
    const hollow = read
    try {
      const next = yield* readingOnce(view, { ...request, offset: hollow.nextOffset }, scratch)
      if (next.error !== 'NONE' || next.byteCount === 0) return hollow
      read = next
    } catch (failure) {
      hollow.release()
      throw failure
    }
    hollow.release()
  }
  return read
}

/** Undefined when the segment ends before the offset. */
function* readStretch(stretch: Stretch, request: BoundRequest, scratch: Buffer): Reading<LogRead | undefined> {
  const { segment, sizeBytes } = stretch
  const offset = Math.max(request.offset, segment.baseOffset)
  const hinted = segment.hinted(offset)
  if (hinted !== undefined) {
    if (hinted >= sizeBytes) return undefined // a reader stopped at the end of this segment, and the next one may begin later
    const read = yield* readFrom({ stretch, position: hinted, expected: offset, isKnownSound: false }, request, scratch)
    if (read) return read
    segment.forgetHints()
  }
  const found = yield* new BatchWalk(stretch, scratch).find(offset)
  if (found === undefined) return undefined
  if (typeof found !== 'number') return corrupt(segment, found)
  const read = yield* readFrom({ stretch, position: found, expected: segment.baseOffset, isKnownSound: true }, request, scratch)
  // Sound a moment ago, and now too short to be read: the file was cut from outside.
  return read ?? corrupt(segment, { is: 'damaged', position: found, from: request.offset, to: stretch.endOffset })
}

type Place = {
  readonly stretch: Stretch
  readonly position: number
  /** The batch there must not begin before this offset. */
  readonly expected: number
  /** The batch there was judged together with its neighbours. */
  readonly isKnownSound: boolean
}

/** Undefined when the first batch must be looked at together with its neighbours, and was not. */
function* readFrom(place: Place, request: BoundRequest, scratch: Buffer): Reading<LogRead | undefined> {
  const { stretch, position } = place
  const wanted = Math.min(stretch.sizeBytes - position, Math.max(request.maxBytes, BATCH_HEADER_BYTES))
  const pooled = readBuffers.take(wanted)
  if (!pooled) return request.minOneBatch ? yield* readOne(place, request, scratch) : nothing(request.offset)
  const run = yield* fill(pooled, wanted, place, request, scratch)
  if (run.bytes > 0) return answer(place, pooled, run)
  readBuffers.give(pooled)
  if (run.end === 'doubtful' && !place.isKnownSound) return undefined
  return run.end === 'limit' || !request.minOneBatch ? nothing(request.offset) : yield* readOne(place, request, scratch)
}

/** The one batch at `position`, however large and whatever the pool's budget. */
function* readOne(place: Place, request: BoundRequest, scratch: Buffer): Reading<LogRead | undefined> {
  const { stretch, position, isKnownSound } = place
  const header = yield* new BatchWalk(stretch, scratch.subarray(0, BATCH_HEADER_BYTES)).headerAt(position)
  // A size that was damaged on disk must not become an allocation.
  if (!header?.isWhole || (header.sizeBytes > FIRST_BATCH_BYTES_TRUSTED && !isKnownSound)) return undefined
  const buffer = readBuffers.takeAnyway(header.sizeBytes)
  const run = yield* fill(buffer, header.sizeBytes, place, { ...request, maxBytes: header.sizeBytes }, scratch)
  if (run.bytes > 0) return answer(place, buffer, run)
  readBuffers.give(buffer)
  return run.end === 'limit' ? nothing(request.offset) : undefined
}

/** Whole sound batches at the front of a buffer, and why they end: at `upTo`, with the bytes, or at something that must be looked at. */
type Run = { readonly bytes: number; readonly nextOffset: number; readonly end: 'limit' | 'bytes' | 'doubtful' }

/** Reads into a pooled buffer, which goes back when the disk fails. */
function* fill(buffer: Buffer, bytes: number, place: Place, request: BoundRequest, scratch: Buffer): Reading<Run> {
  const { segment, sizeBytes } = place.stretch
  try {
    const target = buffer.length === bytes ? buffer : buffer.subarray(0, bytes)
    const count = yield { from: segment, target, position: place.position }
    const length = Math.min(count, Math.max(0, request.maxBytes))
    const walk = soundBatches(buffer, length, place, request.upTo)
    if (walk.end !== 'bytes' || walk.pending === walk.bytes || place.position + walk.pending >= sizeBytes) return settled(walk, place)
    // The last whole batch is only known by what comes after it.
    const next = yield* new BatchWalk(place.stretch, scratch.subarray(0, BATCH_HEADER_BYTES)).headerAt(place.position + walk.pending)
    return settled(walk, place, next?.isWhole === true && next.baseOffset >= walk.pendingNext)
  } catch (failure) {
    readBuffers.give(buffer)
    throw failure
  }
}

/** `bytes` were proved by the header that follows them; the one batch between them and `pending` was not. */
type Walk = { readonly bytes: number; readonly nextOffset: number; readonly pending: number; readonly pendingNext: number; readonly end: Run['end'] }

/** Runs for each batch of each fetch: headers are read in place, and nothing is allocated. */
function soundBatches(bytes: Buffer, length: number, { stretch, position, expected }: Place, upTo: number): Walk {
  const { sizeBytes, endOffset, epochs } = stretch
  const newest = epochs.at(-1)
  const newestEpoch = newest?.epoch ?? -1
  const newestFrom = newest?.startOffset ?? Infinity
  const left = sizeBytes - position
  let sound = 0
  let soundNext = -1
  let next = expected
  let at = 0
  let end: Run['end'] = 'bytes'
  while (at + BATCH_HEADER_BYTES <= length) {
    const size = sizeOf(bytes, at)
    const baseOffset = baseOffsetOf(bytes, at)
    const lastOffset = baseOffset + lastOffsetDeltaOf(bytes, at)
    const epoch = leaderEpochOf(bytes, at)
    const isOfKnownEpoch = (epoch === newestEpoch && baseOffset >= newestFrom) || knowsEpoch(epochs, epoch, baseOffset, lastOffset)
    if (size < BATCH_HEADER_BYTES || size > left - at || magicOf(bytes, at) !== MAGIC || baseOffset < next || lastOffset < baseOffset || lastOffset >= endOffset || !isOfKnownEpoch) {
      end = 'doubtful'
      break
    }
    sound = at
    if (at > 0) soundNext = next
    if (lastOffset >= upTo) {
      end = 'limit'
      break
    }
    if (at + size > length) break
    at += size
    next = lastOffset + 1
  }
  return { bytes: sound, nextOffset: soundNext, pending: at, pendingNext: next, end }
}

function settled(walk: Walk, { stretch, position, isKnownSound }: Place, isFollowed = false): Run {
  const { bytes, nextOffset, pending, pendingNext, end } = walk
  const isLast = position + pending === stretch.sizeBytes
  if (pending > bytes && (isFollowed || isLast || (isKnownSound && bytes === 0))) return { bytes: pending, nextOffset: pendingNext, end: 'bytes' }
  return { bytes, nextOffset, end: bytes === 0 && pending > 0 ? 'doubtful' : end }
}

function answer({ stretch, position }: Place, buffer: Buffer, { bytes, nextOffset }: Run): LogRead {
  stretch.segment.hint(nextOffset, position + bytes)
  return { error: 'NONE', buffers: [buffer.subarray(0, bytes)], byteCount: bytes, nextOffset, aborted: null, release: () => readBuffers.give(buffer) }
}

function nothing(offset: number): Extract<LogRead, { error: 'NONE' }> {
  return { error: 'NONE', buffers: [], byteCount: 0, nextOffset: offset, aborted: null, release: nothingToRelease }
}

function corrupt({ logPath }: Segment, damage: Damage): LogRead {
  const { position, from, to } = damage
  return { error: 'CORRUPT_MESSAGE', message: `offsets ${from} to ${to - 1} are damaged at position ${position} of ${logPath}`, damage: { ...damage, path: logPath } }
}

/** Bytes from the batch with `offset` to the one with `upTo`, or to the end; counting stops at `limit`, which is also what a cold range counts for. */
export function bytesBetween(segments: readonly Segment[], range: { offset: number; upTo: number | undefined; limit: number }): number {
  const { offset, upTo, limit } = range
  if (isCold(segments, offset, 0) || (upTo !== undefined && isCold(segments, upTo, 0))) return limit
  let total = 0
  for (let index = segmentIndexFor(segments, offset); index < segments.length && total < limit; index++) {
    const segment = segments[index]
    if (!segment || (upTo !== undefined && segment.baseOffset >= upTo)) break
    const from = placeOf(segment, Math.max(offset, segment.baseOffset))
    const to = upTo === undefined ? segment.sizeBytes : placeOf(segment, upTo)
    total += Math.max(0, to - from)
  }
  return Math.min(total, limit)
}

/** The position of `offset` or, inside damage, of what comes before it: a reader is then told of the damage. */
function placeOf(segment: Segment, offset: number): number {
  return offset <= segment.baseOffset ? 0 : (segment.hinted(offset) ?? segment.locate(offset) ?? segment.sizeBytes)
}
