/** The last hundred things that happened to the engine, as sentences: what First run shows, and who came and went. */

import type { Broker } from '../broker/broker.ts'
import type { ConnectionInfo } from '../broker/connection.ts'
import type { Partition } from '../broker/partition.ts'
import type { BrokerEvent } from '../broker/taps.ts'
import type { Clock } from '../common/clock.ts'
import type { EngineEvent } from './contract/local.ts'
import type { Pulse } from './pulse.ts'
import { hasLost } from './partition-storage.ts'
import { RingFeed } from './ring-feed.ts'
import type { Sink } from './rpc/serve.ts'

const EVENTS_MAX = 100
/** Partitions named one by one that were cut before the window's side began: the others are counted. */
const CUTS_NAMED_MAX = 20

export class EventLog {
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #pulse: Pulse
  readonly #feed = new RingFeed<EngineEvent>(EVENTS_MAX)
  /** Who a connection is, for the line of its end. */
  readonly #names = new Map<number, string>()
  readonly #stopTap: () => void
  #stopPulse: (() => void) | null = null

  constructor(o: { readonly broker: Broker; readonly clock: Clock; readonly pulse: Pulse }) {
    this.#broker = o.broker
    this.#clock = o.clock
    this.#pulse = o.pulse
    this.#add('engine', `Listening on ${o.broker.addresses.join(', ')}`, o.broker.startedAt)
    this.#addEarlierCuts()
    for (const connection of o.broker.connections()) this.#identify(connection.id)
    this.#stopTap = o.broker.taps.subscribe(event => this.#take(event))
  }

  stop(): void {
    this.#stopTap()
    this.#stopPulse?.()
  }

  /** New events are sent on the beat: a burst of them is one item. */
  subscribe(sink: Sink<readonly EngineEvent[]>): void {
    this.#feed.subscribe(sink)
    this.#stopPulse ??= this.#pulse.on(() => this.#feed.flush())
    sink.onClose(() => {
      if (this.#feed.hasReaders) return
      this.#stopPulse?.()
      this.#stopPulse = null
    })
  }

  #take(event: BrokerEvent): void {
    switch (event.is) {
      // Moves several times a second; it is shown beside the partition.
      case 'cleaning': return
      case 'cleaned': return this.#add('storage', cleanedText(event))
      case 'uncleanable': return this.#add('warning', `Partition ${event.partition} of ${event.topic} cannot be compacted: ${event.reason}`)
      // Who it is comes with its first request.
      case 'connected': return
      case 'identified': return this.#identify(event.connectionId)
      case 'disconnected': return this.#forget(event.connectionId)
      case 'topic-created': return this.#add('topic', `Topic ${event.topic} was created`)
      case 'topic-deleted': return this.#add('topic', `Topic ${event.topic} was deleted`)
      case 'topic-configured': return this.#add('topic', `The configs of topic ${event.topic} changed`)
      case 'topic-changed': return this.#add('topic', `Topic ${event.topic} now has ${this.#partitionCount(event.topic)} partitions`)
      case 'recovered': return // its state is told next
      case 'partition-state': return this.#takeState(event.topic, event.partition)
      case 'storage-trouble': return this.#add('warning', `Partition ${event.partition} of ${event.topic} takes no records: ${event.reason}`)
      case 'storage-well': return this.#add('storage', `Partition ${event.partition} of ${event.topic} takes records again`)
      case 'damaged': return this.#add('warning', `Offsets ${event.fromOffset} to ${event.toOffset - 1} of partition ${event.partition} of ${event.topic} are damaged on disk and cannot be read`)
      case 'broker-stopped': return this.#add('broker', `Broker ${event.brokerId} is down; others lead what they hold in sync`)
      case 'broker-started': return this.#add('broker', `Broker ${event.brokerId} is up again, and in sync`)
      case 'clock-jumped': return this.#add('warning', jumpText(event.gapMs, event.hasPaused))
      case 'warning': return this.#add('warning', event.text)
      default: event satisfies never
    }
  }

  #identify(connectionId: number): void {
    const connection = this.#connection(connectionId)
    const name = connection && nameOf(connection)
    if (!connection || !name || this.#names.get(connectionId) === name) return
    const isKnown = this.#names.has(connectionId)
    this.#names.set(connectionId, name)
    // One line per client: its further connections, and what it says of itself later, are no news.
    const isNews = [...this.#names].every(([id, other]) => id === connectionId || other !== name)
    if (isNews && !isKnown) this.#add('connection', `${name} connected from ${connection.host}`)
  }

  #forget(connectionId: number): void {
    const name = this.#names.get(connectionId)
    this.#names.delete(connectionId)
    if (name && ![...this.#names.values()].includes(name)) this.#add('connection', `${name} disconnected`)
  }

  #takeState(topic: string, index: number): void {
    const partition = this.#broker.topics.partition(topic, index)
    if (partition?.state.is === 'failed') this.#add('warning', `Partition ${index} of ${topic} cannot be opened and is tried again: ${partition.state.reason}`)
    const cut = partition && cutOf(partition)
    if (cut) this.#add(cut.kind, cut.text)
  }

  /** What recovery did while nobody listened yet. */
  #addEarlierCuts(): void {
    let count = 0
    for (const { partitions } of this.#broker.topics.list()) {
      for (const partition of partitions) {
        const cut = cutOf(partition)
        if (cut && ++count <= CUTS_NAMED_MAX) this.#add(cut.kind, cut.text)
      }
    }
    if (count > CUTS_NAMED_MAX) this.#add('warning', `Something was cut from ${count - CUTS_NAMED_MAX} more partitions`)
  }

  #partitionCount(topic: string): number {
    return this.#broker.topics.get(topic)?.partitions.length ?? 0
  }

  #connection(id: number): ConnectionInfo | undefined {
    for (const connection of this.#broker.connections()) if (connection.id === id) return connection
    return undefined
  }

  #add(kind: EngineEvent['kind'], text: string, at = this.#clock.now()): void {
    this.#feed.add({ at, kind, text })
  }
}

/** What recovery took out of a log when it was opened, as an event; undefined when nothing. */
function cutOf(partition: Partition): Pick<EngineEvent, 'kind' | 'text'> | undefined {
  const log = partition.openLog
  if (!log) return undefined
  const { how, cutBytes, cutOffset, setAside } = log.recovery
  const name = `Partition ${log.partition} of ${log.topic}`
  if (how === 'vanished') return { kind: 'warning', text: `${name} begins anew: its folder was gone` }
  if (cutBytes === 0) return undefined
  const cut = `${name} was cut at offset ${cutOffset}: ${cutBytes} bytes`
  if (!hasLost(log.recovery)) return { kind: 'storage', text: `${cut} of a batch that was half written when the process died` }
  return { kind: 'warning', text: `${cut} were not as they were written and are kept in ${setAside}` }
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)
}

function cleanedText({ topic, partition, report }: Extract<BrokerEvent, { is: 'cleaned' }>): string {
  const { recordsBefore, recordsAfter, bytesBefore, bytesAfter, tookMs } = report
  return `Partition ${partition} of ${topic} was compacted in ${Math.round(tookMs)} ms: ${recordsAfter} of ${recordsBefore} records stay, ${inMegabytes(bytesAfter)} of ${inMegabytes(bytesBefore)} MB`
}

function jumpText(gapMs: number, hasPaused: boolean): string {
  const gap = inWords(Math.abs(gapMs))
  if (hasPaused) return `The broker did not run for ${gap} (the computer slept, or the process was paused): deadlines moved along, nobody loses a session for it`
  return `The clock of the computer went ${gapMs > 0 ? 'ahead' : 'back'} by ${gap}: deadlines do not follow it, nobody loses a session for it`
}

/** `44 s`, `12 min`, `7 h 30 min`. */
function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}

/** `my-app (librdkafka 2.8.0)`; the parts a client does not tell are left out. */
function nameOf({ clientId, software, softwareVersion }: ConnectionInfo): string {
  const program = `${software} ${softwareVersion}`.trim()
  if (!clientId) return program
  return program ? `${clientId} (${program})` : clientId
}
