/** The reading half of a partition log: by offset and by time, at once or in turn, and what is damaged reported once. */

import type { Logger } from '../common/logger.ts'
import { type DamagedPlace, DamageReports } from './damage-reports.ts'
import { bytesBetween, isCold, type LogRead, type LogView, type Look, readInTurn, readNow, type ReadRequest } from './log-read.ts'
import { segmentIndexFor } from './segment-list.ts'
import { findMaxTimestamp, findTimestamp, searchInTurn, type TimeAnswer } from './timestamp-search.ts'

export type ReadableLog = LogView & { readonly startOffset: number }

export class LogReader {
  /** Called once for each place where a reader met damaged batches. */
  onDamage: ((place: DamagedPlace) => void) | undefined
  readonly #see: () => ReadableLog | undefined
  readonly #name: string
  readonly #damage: DamageReports
  /** Cold reads and searches: each may have a file of its own open. */
  readonly #reads = new Set<Promise<unknown>>()

  /** `see` gives the log as it is now; undefined when it is closed. */
  constructor(options: { readonly see: () => ReadableLog | undefined; readonly name: string; readonly logger: Logger }) {
    this.#see = options.see
    this.#name = options.name
    this.#damage = new DamageReports(options.logger, options.name)
  }

  read(request: ReadRequest): LogRead {
    const look = this.#look(request)
    return this.#noted(look.is === 'answered' ? look.read : readNow(look.view, look.request))
  }

  /** As `read`, with what is cold read on the thread pool; where the log moved meanwhile, the answer fits what it is at the end. */
  async readCold(request: ReadRequest): Promise<LogRead> {
    return this.#noted(await this.#underWay(readInTurn(() => this.#look(request))))
  }

  /** Whether `read` would have to wait for the disk: this process neither wrote nor read the range lately. */
  isCold(offset: number, maxBytes: number): boolean {
    const log = this.#see()
    return log !== undefined && offset >= log.startOffset && offset < log.endOffset && isCold(log.segments, offset, maxBytes)
  }

  /** Whether `upTo` lies in a later segment than `offset`: a read from there ends with its segment. */
  isInOlderSegment(offset: number, upTo: number): boolean {
    const { segments } = this.#open()
    return offset < upTo && segmentIndexFor(segments, offset) < segmentIndexFor(segments, upTo)
  }

  /** Bytes a read from `offset` up to offset `upTo` would find, `limit` at most; a cold range counts for `limit`. */
  availableBytes(offset: number, upTo: number, limit: number): number {
    const { segments, startOffset, endOffset } = this.#open()
    if (offset >= upTo || offset < startOffset) return 0
    return bytesBetween(segments, { offset, upTo: upTo >= endOffset ? undefined : upTo, limit })
  }

  /** The first record at or after `timestamp`, with its epoch; null when there is none. Rejects when the disk fails. */
  async offsetForTimestamp(timestamp: number): Promise<TimeAnswer> {
    return this.#notedTime(await this.#underWay(searchInTurn(() => this.#open(), view => findTimestamp(view, timestamp, this.#open().startOffset))))
  }

  /** The first record that has the greatest timestamp of the log; null when it is empty. Rejects when the disk fails. */
  async offsetOfMaxTimestamp(): Promise<TimeAnswer> {
    return this.#notedTime(await this.#underWay(searchInTurn(() => this.#open(), findMaxTimestamp)))
  }

  /** Resolves when the cold reads and searches under way have ended, and with them the files they opened. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#reads)
  }

  #underWay<T>(read: Promise<T>): Promise<T> {
    this.#reads.add(read)
    return read.finally(() => this.#reads.delete(read))
  }

  /** Nothing can be read any more: the broker stops, or the partition is deleted. */
  get isClosed(): boolean {
    return this.#see() === undefined
  }

  #open(): ReadableLog {
    const log = this.#see()
    if (!log) throw new Error(`the log of ${this.#name} is closed`)
    return log
  }

  #look(request: ReadRequest): Look {
    const view = this.#open()
    const { startOffset, endOffset } = view
    const { offset, upTo = endOffset } = request
    if (offset < startOffset || offset > endOffset) return { is: 'answered', read: { error: 'OFFSET_OUT_OF_RANGE' } }
    return { is: 'readable', view, request: { ...request, upTo: Math.min(upTo, endOffset) } }
  }

  #noted(read: LogRead): LogRead {
    if (read.error === 'CORRUPT_MESSAGE') this.#note(read.damage)
    return read
  }

  #notedTime(answer: TimeAnswer): TimeAnswer {
    if (answer && 'is' in answer) this.#note(answer)
    return answer
  }

  #note(place: DamagedPlace): void {
    if (this.#damage.note(place)) this.onDamage?.(place)
  }
}
