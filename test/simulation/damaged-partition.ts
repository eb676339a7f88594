/**
 * A small log directory whose every byte is known, copies of it with one byte or the end of one file damaged, and what a reader then sees:
 * every offset, from every offset, and every timestamp.
 */

import { crc32c } from '../../core/records/crc32c.ts'
import { MemoryDisk } from '../../core/common/memory-disk.ts'
import type { Logger } from '../../core/common/logger.ts'
import { SimulatedClock } from '../../core/common/simulated-clock.ts'
import { defaultLogConfig, type LogRead, type PartitionLog } from '../../core/log/partition-log.ts'
import { LogDirectory } from '../../core/log/log-directory.ts'
import { baseOffsetOf, checksumOf, lastOffsetOf, leaderEpochOf, MAGIC, magicOf, sizeOf } from '../../core/records/batch-header.ts'
import { encodeMarker } from '../../core/records/control-record.ts'
import { encodeBatch, type NewBatch } from '../../core/records/record-batch.ts'

export const LOGS = '/logs'
export const PARTITION = `${LOGS}/t-0`
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const START_MS = 1_700_000_000_000
const config = { ...defaultLogConfig, segmentBytes: 500, indexIntervalBytes: 100 }

export type Files = ReadonlyMap<string, Buffer>
export type StoredBatch = { readonly bytes: Buffer; readonly file: string; readonly position: number; readonly base: number; readonly last: number }
export type Original = {
  readonly clean: Files
  readonly killed: Files
  readonly batches: readonly StoredBatch[]
  readonly startOffset: number
  readonly endOffset: number
  readonly timestamps: readonly number[]
}
export type Start = 'clean' | 'killed' | 'power-loss'

/** Log lines as text: what a person would be told. */
export class Told implements Logger {
  readonly lines: string[] = []
  debug(): void {}
  info(text: string): void {
    this.lines.push(text)
  }
  warn(text: string): void {
    this.lines.push(text)
  }
  error(text: string): void {
    this.lines.push(text)
  }
}

export type Opened = { readonly disk: MemoryDisk; readonly logs: LogDirectory; readonly log: PartitionLog; readonly told: Told }

export async function openFiles(files: Files, start: Start): Promise<Opened> {
  const disk = new MemoryDisk()
  disk.makeFolderNow(PARTITION)
  for (const [path, bytes] of files) disk.replaceNow(path, bytes)
  if (start === 'power-loss') disk.reboot()
  return openDisk(disk)
}

async function openDisk(disk: MemoryDisk): Promise<Opened> {
  const told = new Told()
  const logs = await LogDirectory.open({ disk, clock: new SimulatedClock(START_MS), folder: LOGS, clusterId: 'c', brokerId: 1, logger: told })
  const log = await logs.open({ topic: 't', partition: 0, topicId: TOPIC_ID, config })
  return { disk, logs, log, told }
}

function filesOf(disk: MemoryDisk): Files {
  return new Map(disk.paths.map(path => [path, Buffer.from(disk.readSmallNow(path) ?? [])]))
}

/** Three segments and more: every codec, idempotent and transactional producers, two leader epochs, a start within the first batch. */
export async function buildOriginal(): Promise<Original> {
  const disk = new MemoryDisk()
  let { log, logs } = await openDisk(disk)
  let clockMs = START_MS
  const append = (more: Partial<NewBatch>, values: readonly string[]): void => {
    clockMs += 10
    const records = values.map((value, at) => ({ key: Buffer.from('k'), value: Buffer.from(value), timestamp: clockMs + ((at * 7) % 5) }))
    mustTake(log.append(encodeBatch({ records, ...more })))
  }
  const mark = (producerId: number, isAbort: boolean): void => {
    clockMs += 10
    mustTake(log.append(encodeMarker({ producerId, producerEpoch: 0, isAbort, coordinatorEpoch: 0, timestamp: clockMs }), { origin: 'coordinator' }))
  }
  append({}, ['a', 'b', 'c'])
  append({ codec: 'gzip' }, ['d'.repeat(30), 'e'.repeat(30)])
  append({ producerId: 7, producerEpoch: 0, baseSequence: 0 }, ['f', 'g'])
  append({ producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true }, ['aborted'])
  append({ codec: 'lz4' }, ['h'.repeat(40)])
  mark(9, true)
  append({ codec: 'zstd' }, ['i'.repeat(40), 'j'])
  await logs.close()
  await disk.replace(`${PARTITION}/leader-epoch-checkpoint`, Buffer.from(`0\n2\n${log.leaderEpoch} 0\n${log.leaderEpoch + 1} ${log.endOffset}\n`))
  ;({ log, logs } = await openDisk(disk))
  append({ codec: 'snappy' }, ['k'.repeat(40), 'l'])
  append({ producerId: 9, producerEpoch: 0, baseSequence: 1, isTransactional: true }, ['committed'])
  mark(9, false)
  append({ producerId: 7, producerEpoch: 0, baseSequence: 2 }, ['m'])
  append({}, ['n', 'o'])
  append({}, ['p'])
  log.trimTo(1)
  await logs.saveStartOffsets()
  await log.flush()
  append({}, ['q', 'r'])
  append({ codec: 'gzip' }, ['s'])
  const { startOffset, endOffset } = log
  const killed = filesOf(disk)
  await logs.close()
  const clean = filesOf(disk)
  const batches = batchesIn(clean)
  const timestamps = Array.from({ length: 16 }, (_, at) => START_MS + at * 10 + 1)
  return { clean, killed, batches, startOffset, endOffset, timestamps }
}

function mustTake(appended: { readonly error: string; readonly message?: string }): void {
  if (appended.error !== 'NONE') throw new Error(`${appended.error}: ${appended.message}`)
}

function batchesIn(files: Files): StoredBatch[] {
  const batches: StoredBatch[] = []
  for (const file of [...files.keys()].filter(path => path.endsWith('.log')).sort()) {
    const bytes = files.get(file) ?? Buffer.alloc(0)
    for (let at = 0; at < bytes.length; at += sizeOf(bytes, at)) {
      batches.push({ bytes: bytes.subarray(at, at + sizeOf(bytes, at)), file, position: at, base: baseOffsetOf(bytes, at), last: lastOffsetOf(bytes, at) })
    }
  }
  return batches
}

export function flipped(files: Files, path: string, at: number, pattern: number): Files {
  const bytes = Buffer.from(files.get(path) ?? [])
  bytes[at] = (bytes[at] ?? 0) ^ pattern
  return new Map(files).set(path, bytes)
}

export function cutShort(files: Files, path: string, size: number): Files {
  return new Map(files).set(path, (files.get(path) ?? Buffer.alloc(0)).subarray(0, size))
}

/** What of a file a byte belongs to. */
export function fieldOf(path: string, at: number, batches: readonly StoredBatch[]): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const suffix = /^\d{20}(\.\w+)$/.exec(name)?.[1]
  if (suffix === '.log') {
    const batch = batches.find(each => each.file === path && at >= each.position && at < each.position + each.bytes.length)
    return `.log ${fieldIn(LOG_FIELDS, at - (batch?.position ?? 0))}`
  }
  const fields = suffix === undefined ? undefined : ENTRY_FIELDS[suffix]
  if (fields) return `${suffix} ${fieldIn(fields, at % (fields.at(-1)?.[0] ?? 1))}`
  return suffix ?? name
}

type Fields = readonly (readonly [end: number, name: string])[]
const LOG_FIELDS: Fields = [[8, 'base offset'], [12, 'length'], [16, 'leader epoch'], [17, 'magic'], [21, 'CRC'], [Infinity, 'under the CRC']]
const ENTRY_FIELDS: Readonly<Record<string, Fields>> = {
  '.index': [[4, 'offset'], [8, 'position']],
  '.timeindex': [[8, 'timestamp'], [12, 'offset']],
  '.txnindex': [[2, 'version'], [10, 'producer id'], [18, 'first offset'], [26, 'last offset'], [34, 'last stable offset']],
}

function fieldIn(fields: Fields, at: number): string {
  return fields.find(([end]) => at < end)?.[1] ?? ''
}

/** Per offset: as it was; as the client's check of the checksum will refuse it; answered CORRUPT_MESSAGE; not there any more. */
export type Fate = 'same' | 'for the client' | 'corrupt' | 'gone' | 'CHANGED'

/** Reads everything in every way there is, and insists on what holds for any file whatever: no throw, no hang, no illegal batch. */
export async function readEverything({ log }: Opened, original: Original): Promise<Map<number, Fate>> {
  const fates = new Map<number, Fate>()
  for (let offset = original.startOffset; offset < original.endOffset; offset++) fates.set(offset, 'gone')
  let steps = 0
  let previousEnd = 0
  for (let at = log.startOffset; at < log.endOffset; ) {
    if (++steps > 1000) throw new Error(`reading hangs at ${at}`)
    const read = await log.reader.readCold({ offset: at, maxBytes: 250, minOneBatch: true })
    if (read.error === 'OFFSET_OUT_OF_RANGE') throw new Error(`${at} is out of range of ${log.startOffset} to ${log.endOffset}`)
    if (read.error === 'CORRUPT_MESSAGE') {
      const { to } = read.damage
      if (to <= at) throw new Error(`damage at ${at} ends at ${to}`)
      for (let offset = at; offset < Math.min(to, original.endOffset); offset++) if (fates.has(offset)) fates.set(offset, 'corrupt')
      at = to
      continue
    }
    if (read.byteCount === 0) throw new Error(`nothing at ${at}, before the end at ${log.endOffset}`)
    for (const batch of split(read.buffers)) {
      insistOnLegal(batch, log, previousEnd)
      previousEnd = lastOffsetOf(batch, 0) + 1
      const fate = fateOf(batch, original)
      for (let offset = baseOffsetOf(batch, 0); offset < previousEnd; offset++) if (fates.has(offset)) fates.set(offset, fate)
    }
    at = read.nextOffset
    read.release()
  }
  for (let offset = log.startOffset; offset < log.endOffset && offset < original.endOffset + 5; offset++) insistOnSame(log, offset, fates)
  return fates
}

/** One batch from each offset on its own: what a consumer that seeks gets, whatever was read before. */
function insistOnSame(log: PartitionLog, offset: number, fates: ReadonlyMap<number, Fate>): void {
  const read = log.read({ offset, maxBytes: 1, minOneBatch: true })
  const fate = fates.get(offset)
  const isThere = holds(read, offset)
  if (read.error === 'NONE') read.release()
  if (isThere !== (fate === 'same' || fate === 'for the client' || fate === 'CHANGED') && fate !== undefined) {
    throw new Error(`offset ${offset} read alone is ${read.error}, and ${fate} read with the others`)
  }
}

function holds(read: LogRead, offset: number): boolean {
  if (read.error !== 'NONE') return false
  const [first] = split(read.buffers)
  return first !== undefined && baseOffsetOf(first, 0) <= offset && lastOffsetOf(first, 0) >= offset
}

function split(buffers: readonly Buffer[]): Buffer[] {
  const bytes = Buffer.concat(buffers)
  const batches: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = sizeOf(bytes, at)
    if (size < 61 || at + size > bytes.length || magicOf(bytes, at) !== MAGIC) throw new Error(`a batch of ${size} bytes and magic ${magicOf(bytes, at)} was served`)
    batches.push(bytes.subarray(at, at + size))
    at += size
  }
  return batches
}

function insistOnLegal(batch: Buffer, log: PartitionLog, previousEnd: number): void {
  const base = baseOffsetOf(batch, 0)
  const last = lastOffsetOf(batch, 0)
  if (base < previousEnd || last < base || last >= log.endOffset) throw new Error(`offsets ${base} to ${last} were served after ${previousEnd}, before ${log.endOffset}`)
  // What lies before the first epoch of the file may be of it or of an older one.
  if (log.epochAt(base) >= 0 && leaderEpochOf(batch, 0) !== log.epochAt(base)) throw new Error(`a batch of epoch ${leaderEpochOf(batch, 0)} was served, where ${log.epochAt(base)} was`)
}

function fateOf(batch: Buffer, { batches }: Original): Fate {
  const before = batches.find(({ base }) => base === baseOffsetOf(batch, 0))
  if (before?.bytes.equals(batch)) return 'same'
  return crc32c(batch.subarray(21)) === checksumOf(batch, 0) ? 'CHANGED' : 'for the client'
}

/** What each timestamp finds, as text; damage is not a place. */
export async function timesOf(log: PartitionLog, timestamps: readonly number[]): Promise<string[]> {
  const found: string[] = []
  for (const timestamp of timestamps) {
    const hit = await log.reader.offsetForTimestamp(timestamp)
    found.push(hit === null ? 'none' : 'is' in hit ? 'damaged' : String(hit.offset))
  }
  const latest = await log.reader.offsetOfMaxTimestamp()
  found.push(latest === null ? 'none' : 'is' in latest ? 'damaged' : String(latest.offset))
  return found
}

export function abortsOf(log: PartitionLog): string {
  return JSON.stringify(log.abortedTransactions(log.startOffset, log.endOffset))
}

/** Takes a record and gives it back: what was damaged must not get in the way of what comes. */
export async function insistOnAppend({ log, logs, disk }: Opened): Promise<void> {
  const appended = log.append(encodeBatch({ records: [{ key: null, value: Buffer.from('after'), timestamp: START_MS }] }))
  if (appended.error !== 'NONE') throw new Error(`an append afterwards is refused: ${appended.error} ${appended.message}`)
  const read = log.read({ offset: appended.baseOffset, maxBytes: 1, minOneBatch: true })
  if (!holds(read, appended.baseOffset)) throw new Error(`an append afterwards cannot be read: ${read.error}`)
  if (read.error === 'NONE') read.release()
  await logs.close()
  if (disk.openFiles !== 0) throw new Error(`${disk.openFiles} files stayed open`)
}
