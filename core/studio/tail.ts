/**
 * A live tail: follows appends, has them decoded in the scan thread, and sends at most 60 items a second. It keeps positions, not records:
 * a reader that grants nothing costs nothing, and what it could not keep up with is counted per item as skipped.
 */

import type { Partition } from '../broker/partition.ts'
import type { Topic } from '../broker/topic-registry.ts'
import type { Timer } from '../common/clock.ts'
import { ROWS_PER_ITEM_MAX } from '../common/limits.ts'
import type { TailItem } from './contract/messages.ts'
import type { StudioParts } from './parts.ts'
import { Leases, sourceOf } from './partition-source.ts'
import { Encoded } from './rpc/codec.ts'
import type { Sink } from './rpc/serve.ts'
import type { ScanAnswer } from './scan/scan.ts'
import type { PartitionSource } from './scan/source.ts'

/** 60 looks, and so items, a second. */
const LOOK_MS_MIN = 1000 / 60
const ITEM_CELL_BYTES_MAX = 512 * 1024
const GONE_MAX = 10
/** Records behind which a tail no longer catches up row by row: it skips to the last of them. */
const BACKLOG_MAX = 10 * ROWS_PER_ITEM_MAX

export type TailOptions = {
  readonly parts: StudioParts
  readonly topic: Topic
  /** All partitions, those that are added later too. */
  readonly isWhole: boolean
  /** The next offset to show, by partition. */
  readonly positions: Map<number, number>
  readonly sink: Sink<TailItem>
}

/** Follows until either side ends the sink. */
export function startTail(options: TailOptions): void {
  new Tail(options).start()
}

class Tail {
  readonly #options: TailOptions
  readonly #watched = new Set<Partition>()
  readonly #wake = (): void => this.#schedule()
  #timer: Timer | undefined
  #isAsking = false
  #lastLookAt = -Infinity
  /** Looks in a row that found a file gone: once is retention, always is a file that somebody removed. */
  #goneCount = 0
  /** Skipped and not told yet. */
  #skipped = 0

  constructor(options: TailOptions) {
    this.#options = options
  }

  start(): void {
    const { parts, topic, sink } = this.#options
    this.#watchPartitions(topic)
    const stopTap = parts.broker.taps.subscribe(event => { if ('topic' in event && event.topic === topic.record.name) this.#topicChanged() })
    sink.onClose(() => {
      stopTap()
      this.#timer?.cancel()
      for (const partition of this.#watched) partition.unwatch(this.#wake)
    })
    sink.onReady(this.#wake)
    this.#schedule()
  }

  #topicChanged(): void {
    const { parts, topic, isWhole, positions, sink } = this.#options
    const now = parts.broker.topics.get(topic.record.name)
    if (now?.record.topicId !== topic.record.topicId) return sink.end({ code: 'NOT_FOUND', message: `The topic ${topic.record.name} was deleted.` })
    if (!isWhole) return
    // A partition that was added, or became ready, is read from its start: everything in it is new to this tail.
    for (const { index, log } of now.partitions) if (log && !positions.has(index)) positions.set(index, log.startOffset)
    this.#watchPartitions(now)
    this.#schedule()
  }

  #watchPartitions(topic: Topic): void {
    for (const partition of topic.partitions) {
      if (!this.#options.positions.has(partition.index) || this.#watched.has(partition)) continue
      partition.watch(this.#wake)
      this.#watched.add(partition)
    }
  }

  /** Many appends, one look: this runs inside each append and must cost next to nothing. */
  #schedule(): void {
    if (this.#timer || this.#isAsking || !this.#options.sink.ready()) return
    const { clock } = this.#options.parts
    this.#timer = clock.after(Math.max(0, this.#lastLookAt + LOOK_MS_MIN - clock.elapsed()), () => {
      this.#timer = undefined
      void this.#next()
    })
  }

  async #next(): Promise<void> {
    const { parts, topic, sink } = this.#options
    this.#isAsking = true
    this.#lastLookAt = parts.clock.elapsed()
    const leases = new Leases()
    try {
      const sources = this.#sources(leases)
      if (sources.length === 0 || !sink.ready()) return
      const skipped = this.#skipped
      const question = { is: 'tail', skipped, sources, direction: 'forward', limit: ROWS_PER_ITEM_MAX, cellBytesMax: ITEM_CELL_BYTES_MAX } as const
      this.#take(await parts.scan.ask(question), skipped)
    } catch (error) {
      parts.logger.warn('a live tail ended', { topic: topic.record.name, error })
      sink.end({ code: 'UNAVAILABLE', message: error instanceof Error ? error.message : String(error) })
    } finally {
      leases.release()
      this.#isAsking = false
    }
    if (this.#isBehind()) this.#schedule()
  }

  #isBehind(): boolean {
    return [...this.#watched].some(({ log, index }) => log && log.endOffset > (this.#options.positions.get(index) ?? Infinity))
  }

  #take(answer: ScanAnswer, skipped: number): void {
    const { positions, sink, topic } = this.#options
    if (answer.is === 'unreadable') {
      return sink.end({ code: 'UNAVAILABLE', message: `${topic.record.name} cannot be read there: ${answer.reason}.` })
    }
    if (answer.is !== 'page') {
      // Retention took the segment: the next look starts where the log starts now.
      if (++this.#goneCount > GONE_MAX) sink.end({ code: 'UNAVAILABLE', message: `A file of ${topic.record.name} is missing in the data folder.` })
      return
    }
    this.#goneCount = 0
    if (answer.rowCount + skipped > 0) {
      if (!sink.send(new Encoded(answer.bytes))) return
      this.#skipped -= skipped
    }
    for (const { partition, offset } of answer.next) positions.set(partition, offset)
  }

  /** Partitions with something new. Where that is too much for a reader, positions first move on, and the difference is counted. */
  #sources(leases: Leases): PartitionSource[] {
    const { positions } = this.#options
    const behind: { partition: Partition; count: number }[] = []
    for (const partition of this.#watched) {
      const { log, index } = partition
      const position = positions.get(index)
      if (!log || position === undefined) continue
      if (position < log.startOffset) this.#skipTo(index, position, log.startOffset)
      const count = log.endOffset - Math.max(position, log.startOffset)
      if (count > 0) behind.push({ partition, count })
    }
    const backlog = behind.reduce((sum, { count }) => sum + count, 0)
    return behind.map(({ partition, count }) => {
      const end = partition.log?.endOffset ?? 0
      // Each keeps its share of one item.
      if (backlog > BACKLOG_MAX) this.#skipTo(partition.index, end - count, end - Math.ceil((count / backlog) * ROWS_PER_ITEM_MAX))
      return partition.log ? sourceOf(partition.log, { cursor: positions.get(partition.index) ?? end, direction: 'forward', leases }) : null
    }).filter(source => source !== null)
  }

  #skipTo(partition: number, from: number, to: number): void {
    if (to <= from) return
    this.#options.positions.set(partition, to)
    this.#skipped += to - from
  }
}
