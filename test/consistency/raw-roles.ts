/** Clients in frames: producers, transactions, readers, and processors that consume, transform and produce in transactions. */

import { setTimeout as pause } from 'node:timers/promises'
import { offsetFetch } from '../../core/protocol/apis/index.ts'
import { ClusterClient } from './cluster-client.ts'
import { ClassicMember, ConsumerMember, type GroupMember } from './members.ts'
import { RawProducer } from './raw-producer.ts'
import { poll } from './raw-reader.ts'
import { GROUPS, placesOf, type Role, type RoleOptions, TOPICS } from './role.ts'

const TOPICS_READ = [TOPICS.plain, ...TOPICS.inputs, TOPICS.out]
const BEAT_MS = 500

/** A value of its own for each record. */
function valuesOf({ recorder, random }: RoleOptions, counter: { next: number }, max: number): string[] {
  return Array.from({ length: 1 + random.below(max) }, () => `${recorder.client}:${counter.next++}`)
}

/** Idempotent; after a batch whose end is unknown it starts with a new producer id. */
export const rawProducer: Role = async options => {
  const { addresses, random, isOver } = options
  const client = new ClusterClient(placesOf(addresses))
  const producer = new RawProducer(client, options, null)
  const counter = { next: 0 }
  let partitions: number[] = []
  for (let round = 0; !isOver(); round++) {
    if (round % 50 === 0 || partitions.length === 0) partitions = await client.partitionsOf(TOPICS.plain)
    const partition = partitions[random.below(Math.max(1, partitions.length))]
    if (partition === undefined || (!producer.isReady && !(await producer.init()))) await pause(100)
    else if ((await producer.send(`${TOPICS.plain}-${partition}`, valuesOf(options, counter, 12))).outcome !== 'ok') producer.reset()
    await pause(random.below(25))
  }
  client.close()
}

/** Transactions over the partitions of both input topics; some are aborted, some are left open. */
export const rawTransactions = (version: 1 | 2): Role => async options => {
  const { addresses, random, isOver, recorder, place } = options
  const client = new ClusterClient(placesOf(addresses))
  const producer = new RawProducer(client, options, `${place}-transactions-${version}`, version)
  const counter = { next: 0 }
  for (let round = 0; !isOver(); round++) {
    if (!producer.isReady && !(await producer.init())) {
      await pause(100)
      continue
    }
    const transaction = `${recorder.client}/t${version}/${round}`
    let isFine = true
    for (let sends = 1 + random.below(4); sends > 0 && isFine; sends--) {
      const line = `${TOPICS.inputs[random.below(2)]}-${random.below(3)}`
      isFine = (await producer.send(line, valuesOf(options, counter, 6), { transaction })).outcome === 'ok'
    }
    // Left open: another producer id of the same name, or the timeout, aborts it.
    if (random.below(60) === 0) producer.reset()
    else if ((await producer.end(transaction, isFine && random.below(5) > 0 ? 'commit' : 'abort')).outcome !== 'ok') producer.reset()
    await pause(random.below(60))
  }
  client.close()
}

/** Polls every partition in turn, each from where it is; now and then it seeks back and begins a new session. */
export const rawReader = (isolation: 'committed' | 'uncommitted'): Role => async options => {
  const { addresses, random, isOver, recorder } = options
  const client = new ClusterClient(placesOf(addresses))
  const places = new Map<string, { session: string; position: number }>()
  for (let round = 0; !isOver(); round++) {
    if (round % 40 === 0) {
      for (const topic of TOPICS_READ) for (const partition of await client.partitionsOf(topic)) if (!places.has(`${topic}-${partition}`)) places.set(`${topic}-${partition}`, { session: `${recorder.client}/${isolation}`, position: 0 })
    }
    for (const [line, at] of places) {
      if (isOver()) break
      const seen = await poll(client, recorder, { line, isolation, ...at })
      if (seen) at.position = seen.next
      if (random.below(300) === 0) places.set(line, { session: `${recorder.client}/${isolation}/${round}`, position: random.below(at.position + 1) })
    }
    await pause(20)
  }
  client.close()
}

/** Exactly once: reads what it owns, writes what it made of it, and commits its offset, in one transaction. */
export const rawProcessor = (kind: 'classic' | 'consumer'): Role => async options => {
  const client = new ClusterClient(placesOf(options.addresses))
  const topic = `in-${kind}`
  const made = { client, recorder: options.recorder, groupId: GROUPS[kind], topic }
  const member = kind === 'classic' ? new ClassicMember(made) : new ConsumerMember(made)
  await new Processor(options, client, member, kind).run()
  await member.leave()
  client.close()
}

type Place = { session: string; position: number }

class Processor {
  readonly #options: RoleOptions
  readonly #client: ClusterClient
  readonly #member: GroupMember
  readonly #producer: RawProducer
  #places = new Map<string, Place>()
  #epoch = ''
  #counter = 0
  #lastBeat = 0

  constructor(options: RoleOptions, client: ClusterClient, member: GroupMember, kind: string) {
    this.#options = options
    this.#client = client
    this.#member = member
    this.#producer = new RawProducer(client, options, `${options.place}-processor-${kind}`, kind === 'classic' ? 1 : 2)
  }

  async run(): Promise<void> {
    const { isOver, random } = this.#options
    while (!isOver()) {
      if (performance.now() - this.#lastBeat > BEAT_MS || this.#member.epoch <= 0) await this.#beat()
      if (!this.#producer.isReady && !(await this.#producer.init())) await pause(100)
      for (const line of this.#member.lines) {
        if (isOver() || !this.#producer.isReady || performance.now() - this.#lastBeat > BEAT_MS) break
        await this.#process(line)
      }
      await pause(10 + random.below(20))
      if (random.below(400) === 0) await this.#member.leave()
    }
  }

  async #beat(): Promise<void> {
    this.#lastBeat = performance.now()
    await this.#member.beat()
    const { memberId, epoch, lines } = this.#member
    // What stays ours in a new epoch goes on where it is; a member that was put out begins with what is committed.
    if (this.#epoch !== memberId) this.#places.clear()
    this.#epoch = epoch > 0 ? memberId : ''
    for (const line of this.#places.keys()) if (!lines.includes(line)) this.#places.delete(line)
    if (epoch <= 0) await pause(50)
  }

  async #process(line: string): Promise<void> {
    const { recorder, random } = this.#options
    const place = this.#places.get(line) ?? (await this.#committed(line))
    if (!place) return
    const seen = await poll(this.#client, recorder, { line, isolation: 'committed', ...place, maxBytes: 2000 })
    if (!seen || seen.next === place.position) return
    const transaction = `${recorder.client}/p/${++this.#counter}`
    const isDone = seen.records.length === 0 || await this.#write(line, seen.records, transaction)
    const fine = isDone && (await this.#producer.commitOffset(transaction, this.#member, line, seen.next)).outcome === 'ok'
    const decision = fine && random.below(8) > 0 ? 'commit' : 'abort'
    const { outcome } = await this.#producer.end(transaction, decision)
    if (outcome !== 'ok') this.#producer.reset()
    if (outcome === 'ok' && decision === 'commit') place.position = seen.next
    else this.#places.delete(line)
  }

  /** To one partition or two. */
  async #write(line: string, records: readonly (readonly [number, string])[], transaction: string): Promise<boolean> {
    const middle = this.#options.random.below(records.length + 1)
    for (const part of [records.slice(0, middle), records.slice(middle)]) {
      if (part.length === 0) continue
      const values = part.map(() => `${this.#options.recorder.client}:o${this.#counter}.${this.#options.random.below(2 ** 31)}`)
      const sources = part.map(([offset]) => `${line}@${offset}`)
      const result = await this.#producer.send(`${TOPICS.out}-${this.#options.random.below(3)}`, values, { transaction, sources })
      if (result.outcome !== 'ok') return false
    }
    return true
  }

  async #committed(line: string): Promise<Place | undefined> {
    const { groupId, memberId, epoch } = this.#member
    const at = await committedOffset(this.#client, this.#options, { groupId, line, memberId, memberEpoch: epoch })
    if (at === undefined) return undefined
    const place = { session: `${this.#options.recorder.client}/p/${++this.#counter}`, position: Math.max(at, 0) }
    this.#places.set(line, place)
    return place
  }
}

/** A look at a committed offset, written down; undefined when there was no answer, or a transaction is still to end. */
export async function committedOffset(
  client: ClusterClient, { recorder }: Pick<RoleOptions, 'recorder'>, o: { readonly groupId: string; readonly line: string; readonly memberId?: string; readonly memberEpoch?: number },
): Promise<number | undefined> {
  const { groupId, line, memberId = null, memberEpoch = -1 } = o
  const at = line.lastIndexOf('-')
  const answered = recorder.ask({ is: 'committed', group: groupId, line })
  const topics = [{ name: line.slice(0, at), partitionIndexes: [Number(line.slice(at + 1))] }]
  const answer = await client.ask({ group: groupId }, offsetFetch, 9, { groups: [{ groupId, memberId, memberEpoch, topics }], requireStable: true })
  const group = answer && answer !== 'not asked' ? answer.groups[0] : undefined
  const found = group?.topics[0]?.partitions[0]
  if (!group || !found || group.errorCode !== 0 || found.errorCode !== 0) {
    answered({ outcome: 'unknown', error: String(group?.errorCode || found?.errorCode || 'no answer') })
    client.forget({ group: groupId })
    return undefined
  }
  answered({ outcome: 'ok', offset: found.committedOffset })
  return found.committedOffset
}
