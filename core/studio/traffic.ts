/** What goes through the broker, sampled once a second as long as the engine runs: rates and histories by partition, topic, connection and in all. */

import type { Broker } from '../broker/broker.ts'
import type { ConnectionInfo } from '../broker/connection.ts'
import type { Partition } from '../broker/partition.ts'
import type { Topic } from '../broker/topic-registry.ts'
import type { RatePoint } from './contract/local.ts'
import { History, Rate } from './rates.ts'
import { RingFeed } from './ring-feed.ts'

const RATE_POINTS_MAX = 900

export type Flow = { readonly recordsRate: number; readonly bytesRate: number; readonly history: readonly number[] }
const NO_FLOW: Flow = { recordsRate: 0, bytesRate: 0, history: [] }

/** `records` counts what was appended from any side, coordinators included; `bytes` what clients sent. */
class Series {
  readonly #records: Rate
  readonly #bytes: Rate
  readonly #history = new History()
  /** Of the last sample alone. */
  lastRecordsRate = 0

  constructor(start: { records: number; bytes: number }) {
    this.#records = new Rate(start.records)
    this.#bytes = new Rate(start.bytes)
  }

  sample(records: number, bytes: number, seconds: number): void {
    const added = this.#records.sample(records, seconds)
    this.#bytes.sample(bytes, seconds)
    this.lastRecordsRate = seconds > 0 ? added / seconds : 0
    this.#history.add(this.lastRecordsRate)
  }

  get flow(): Flow {
    return { recordsRate: this.#records.perSecond, bytesRate: this.#bytes.perSecond, history: this.#history.points }
  }
}

type TopicSeries = { readonly history: History; flow: Flow }
export type TotalRates = { readonly records: number; readonly bytes: number }

export class Traffic {
  readonly points = new RingFeed<RatePoint>(RATE_POINTS_MAX)
  readonly #broker: Broker
  readonly #partitions = new WeakMap<Partition, Series>()
  readonly #topics = new Map<string, TopicSeries>()
  readonly #connections = new WeakMap<ConnectionInfo, { in: Rate; out: Rate }>()
  readonly #total: { in: Rate; inBytes: Rate; out: Rate; outBytes: Rate }
  #isFirst = true

  constructor(broker: Broker) {
    const { total } = broker.taps
    this.#broker = broker
    this.#total = { in: new Rate(total.recordsIn), inBytes: new Rate(total.bytesIn), out: new Rate(total.recordsOut), outBytes: new Rate(total.bytesOut) }
    this.sample(0, 0)
    this.#isFirst = false
  }

  /** `nowMs` is the clock's time, `seconds` what has passed since the last sample. */
  sample(nowMs: number, seconds: number): void {
    const seen = new Set<string>()
    for (const topic of this.#broker.topics.list()) {
      seen.add(topic.record.topicId)
      this.#sampleTopic(topic, seconds)
    }
    for (const topicId of this.#topics.keys()) if (!seen.has(topicId)) this.#topics.delete(topicId)
    for (const connection of this.#broker.connections()) this.#sampleConnection(connection, seconds)
    if (!this.#isFirst) this.#sampleTotal(nowMs, seconds)
  }

  topic(topic: Topic): Flow {
    return this.#topics.get(topic.record.topicId)?.flow ?? NO_FLOW
  }

  partition(partition: Partition): Flow {
    return this.#partitions.get(partition)?.flow ?? NO_FLOW
  }

  connection(connection: ConnectionInfo): { readonly in: number; readonly out: number } {
    const rates = this.#connections.get(connection)
    return { in: rates?.in.perSecond ?? 0, out: rates?.out.perSecond ?? 0 }
  }

  get inRate(): TotalRates {
    return { records: this.#total.in.perSecond, bytes: this.#total.inBytes.perSecond }
  }

  get outRate(): TotalRates {
    return { records: this.#total.out.perSecond, bytes: this.#total.outBytes.perSecond }
  }

  #sampleTopic(topic: Topic, seconds: number): void {
    let [recordsRate, bytesRate, recordsNow] = [0, 0, 0]
    for (const partition of topic.partitions) {
      const records = partition.openLog?.recordsAppended ?? 0
      const bytes = partition.counters.bytesIn
      let series = this.#partitions.get(partition)
      // Most partitions of a large broker are not written to while it runs.
      if (!series && records === 0 && bytes === 0) continue
      // What was there at the first look was not written now; what a later look finds new was.
      if (!series) this.#partitions.set(partition, series = new Series(this.#isFirst ? { records, bytes } : { records: 0, bytes: 0 }))
      if (!this.#isFirst) series.sample(records, bytes, seconds)
      const { flow } = series
      recordsRate += flow.recordsRate
      bytesRate += flow.bytesRate
      recordsNow += series.lastRecordsRate
    }
    const known = this.#topics.get(topic.record.topicId)
    const series = known ?? { history: new History(), flow: NO_FLOW }
    if (!known) this.#topics.set(topic.record.topicId, series)
    if (!this.#isFirst) series.history.add(recordsNow)
    series.flow = { recordsRate, bytesRate, history: series.history.points }
  }

  #sampleConnection(connection: ConnectionInfo, seconds: number): void {
    const { recordsIn, recordsOut } = connection.counters
    const known = this.#connections.get(connection)
    const rates = known ?? (this.#isFirst ? { in: new Rate(recordsIn), out: new Rate(recordsOut) } : { in: new Rate(0), out: new Rate(0) })
    if (!known) this.#connections.set(connection, rates)
    if (this.#isFirst) return
    rates.in.sample(recordsIn, seconds)
    rates.out.sample(recordsOut, seconds)
  }

  #sampleTotal(nowMs: number, seconds: number): void {
    const { total } = this.#broker.taps
    const added = { in: this.#total.in.sample(total.recordsIn, seconds), out: this.#total.out.sample(total.recordsOut, seconds) }
    this.#total.inBytes.sample(total.bytesIn, seconds)
    this.#total.outBytes.sample(total.bytesOut, seconds)
    this.points.add({ at: nowMs, in: seconds > 0 ? added.in / seconds : 0, out: seconds > 0 ? added.out / seconds : 0 })
    this.points.flush()
  }
}
