/** One script of fetches in sessions (KIP-227) for any broker, its answers noted in a form that two brokers can be compared by. */

import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { createTopics, deleteRecords, deleteTopics, fetch, metadata, produce } from '../../core/protocol/apis/index.ts'
import type { RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/encode-batch.ts'
import { ask, RawConnection } from './clients-frames.ts'

type Request = RequestToSend<typeof fetch>
type Wish = Request['topics'][number]['partitions'][number]
/** `a-0`, or a partition with more of what is asked. */
type Named = string | (Partial<Wish> & { readonly of: string })
type Asked = Partial<Omit<Request, 'topics' | 'forgottenTopicsData'>> & { readonly topics?: readonly Named[]; readonly forget?: readonly string[]; readonly version?: number }

const BY_NAME = 12
const BY_ID = 17
const LONG_WAIT_MS = 1000
const UNKNOWN_ID = 'EREREREREREREREREREREQ'

/** Speaks to one broker, and keeps what it answered. */
export class FetchScript {
  readonly steps: [string, unknown][] = []
  readonly #port: number
  readonly #sessions = new Map<number, string>()
  readonly #ids = new Map<string, string>([['nowhere', UNKNOWN_ID]])
  readonly #open: RawConnection[] = []
  /** Names of topics by every id they ever had. */
  readonly #names = new Map<string, string>([[UNKNOWN_ID, 'nowhere']])
  #connection: Promise<RawConnection> | undefined

  constructor(port: number) {
    this.#port = port
  }

  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.#port)
    this.#open.push(connection)
    return connection
  }

  close(): void {
    for (const connection of this.#open) connection.close()
  }

  #own(): Promise<RawConnection> {
    return (this.#connection ??= this.connect())
  }

  async fetch(step: string, asked: Asked = {}, on?: RawConnection): Promise<ResponseReceived<typeof fetch>> {
    const { version = BY_ID, topics = [], forget = [], ...rest } = asked
    const request: Request = {
      maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, sessionId: 0, sessionEpoch: 0, ...rest,
      topics: topics.map(named => this.#wish(named)),
      forgottenTopicsData: forget.map(name => ({ ...this.#topic(name), partitions: [partitionOf(name)] })),
    }
    const startedAt = performance.now()
    const answer = await ask(on ?? await this.#own(), fetch, version, request)
    const hasWaited = performance.now() - startedAt > LONG_WAIT_MS / 2
    this.steps.push([`${step} (v${version})`, { ...this.#comparable(answer, version), hasWaited }])
    return answer
  }

  #wish(named: Named): Request['topics'][number] {
    const { of, ...more } = typeof named === 'string' ? { of: named } : named
    return { ...this.#topic(of), partitions: [{ partition: partitionOf(of), fetchOffset: 0, partitionMaxBytes: 100_000, ...more }] }
  }

  #topic(name: string): { topic: string; topicId: string } {
    const topic = name.slice(0, name.lastIndexOf('-'))
    return { topic, topicId: this.#ids.get(topic) ?? ZERO_UUID }
  }

  #comparable(answer: ResponseReceived<typeof fetch>, version: number): object {
    const { errorCode, sessionId, responses } = answer
    // Leader hints (KIP-951) and snapshots are not what this script is about.
    if (sessionId !== 0 && !this.#sessions.has(sessionId)) this.#sessions.set(sessionId, `session ${this.#sessions.size + 1}`)
    return {
      errorCode,
      session: this.#sessions.get(sessionId) ?? 0,
      responses: responses.map(({ topic, topicId, partitions }) => ({
        topic: version > BY_NAME ? this.#names.get(topicId) : topic,
        partitions: partitions.map(({ partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, abortedTransactions, preferredReadReplica, records }) => (
          { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, abortedTransactions, preferredReadReplica, bytes: records?.length ?? null })),
      })),
    }
  }

  async create(name: string, partitionCount: number): Promise<void> {
    const own = await this.#own()
    await ask(own, createTopics, 7, { topics: [{ name, numPartitions: partitionCount, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 5_000 })
    for (;;) {
      const { topics } = await ask(own, metadata, 12, { topics: [{ name, topicId: ZERO_UUID }], allowAutoTopicCreation: false })
      const topic = topics[0]
      if (topic?.errorCode === 0 && topic.partitions.length === partitionCount && topic.partitions.every(each => each.errorCode === 0)) {
        this.#ids.set(name, topic.topicId)
        this.#names.set(topic.topicId, name)
        break
      }
      await pause(20)
    }
    for (let index = 0; index < partitionCount; index++) await this.#untilFetched(name, index, 0)
  }

  /** Metadata may know a topic before its leader does. */
  async #untilFetched(name: string, index: number, expected: number): Promise<void> {
    const own = await this.#own()
    for (;;) {
      const { responses } = await ask(own, fetch, BY_NAME, {
        maxWaitMs: 0, minBytes: 0, isolationLevel: 0, topics: [{ topic: name, partitions: [{ partition: index, fetchOffset: 0, partitionMaxBytes: 1 }] }],
      })
      if (responses[0]?.partitions[0]?.errorCode === expected) return
      await pause(20)
    }
  }

  async drop(name: string): Promise<void> {
    await ask(await this.#own(), deleteTopics, 5, { topicNames: [name], timeoutMs: 5_000 })
    await this.#untilFetched(name, 0, 3)
  }

  async send(name: string, count = 1): Promise<void> {
    const records = encodeBatch({ records: Array.from({ length: count }, () => ({ key: null, value: Buffer.from('value'), headers: [], timestamp: Date.now() })) })
    const { topic } = this.#topic(name)
    await ask(await this.#own(), produce, 9, { acks: -1, timeoutMs: 5_000, topicData: [{ name: topic, partitionData: [{ index: partitionOf(name), records }] }] })
  }

  async trim(name: string, offset: bigint): Promise<void> {
    const { topic } = this.#topic(name)
    await ask(await this.#own(), deleteRecords, 2, { topics: [{ name: topic, partitions: [{ partitionIndex: partitionOf(name), offset }] }], timeoutMs: 5_000 })
  }
}

function partitionOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}

/** Runs everything against the broker on `port`: the answers, in order. */
export async function runFetchScript(port: number): Promise<[string, unknown][]> {
  const script = new FetchScript(port)
  try {
    await script.create('a', 3)
    await script.create('b', 2)
    await lifeOfASession(script, BY_NAME)
    await lifeOfASession(script, BY_ID)
    await refusals(script)
    await order(script)
    await errorsThatPass(script)
    await unknownTopics(script)
    await topicsThatGo(script, BY_NAME)
    await topicsThatGo(script, BY_ID)
    await waits(script)
    await twice(script)
    await overtaken(script)
    return script.steps
  } finally {
    script.close()
  }
}

async function lifeOfASession(script: FetchScript, version: number): Promise<void> {
  const { sessionId } = await script.fetch('a full fetch begins a session', { version, topics: ['a-0', 'a-1', 'b-0'] })
  await script.fetch('nothing happened', { version, sessionId, sessionEpoch: 1 })
  await script.send('a-1', 3)
  await script.fetch('records in one partition', { version, sessionId, sessionEpoch: 2 })
  const end = version === BY_NAME ? 3 : 6
  await script.fetch('read to its end', { version, sessionId, sessionEpoch: 3, topics: [{ of: 'a-1', fetchOffset: end }] })
  await script.fetch('one partition more', { version, sessionId, sessionEpoch: 4, topics: ['b-1'] })
  await script.fetch('it is told once', { version, sessionId, sessionEpoch: 5 })
  await script.send('a-1')
  await script.fetch('one forgotten, with records in it', { version, sessionId, sessionEpoch: 6, forget: ['a-1', 'a-2'] })
  await script.send('b-1')
  await script.fetch('records in the one that was added', { version, sessionId, sessionEpoch: 7, isolationLevel: 1 })
  await script.trim('b-1', 1n)
  await script.fetch('what the log begins with has changed', { version, sessionId, sessionEpoch: 8, topics: [{ of: 'b-1', fetchOffset: version === BY_NAME ? 1 : 2 }] })
  await script.fetch('all forgotten', { version, sessionId, sessionEpoch: 9, forget: ['a-0', 'b-0', 'b-1'] })
  await script.fetch('the session is gone with them', { version, sessionId, sessionEpoch: 10 })
  const emptied = await script.fetch('another', { version, topics: ['a-0'] })
  await script.fetch('its one partition changed and forgotten at once', { version, sessionId: emptied.sessionId, sessionEpoch: 1, topics: ['a-0'], forget: ['a-0'] })
  await script.fetch('a full fetch of nothing', { version, topics: [] })
}

async function refusals(script: FetchScript): Promise<void> {
  await script.fetch('a session nobody knows', { sessionId: 77, sessionEpoch: 1, topics: ['a-0'] })
  await script.fetch('no session, and an epoch', { sessionEpoch: 3, topics: ['a-0'] })
  const { sessionId } = await script.fetch('by id', { topics: ['a-0'] })
  await script.fetch('an epoch ahead', { sessionId, sessionEpoch: 2 })
  await script.fetch('an epoch that is none', { sessionId, sessionEpoch: -7 })
  await script.fetch('by name', { version: BY_NAME, sessionId, sessionEpoch: 1 })
  await script.fetch('it goes on', { sessionId, sessionEpoch: 1 })
  await script.fetch('an epoch behind', { sessionId, sessionEpoch: 1 })
  const renewed = await script.fetch('renewed', { sessionId, sessionEpoch: 0, topics: ['a-0', 'b-0'] })
  await script.fetch('the old one', { sessionId, sessionEpoch: 2 })
  await script.fetch('the new one', { sessionId: renewed.sessionId, sessionEpoch: 1 })
  await script.fetch('closed', { sessionId: renewed.sessionId, sessionEpoch: -1, topics: ['a-0'] })
  await script.fetch('closed again', { sessionId: renewed.sessionId, sessionEpoch: -1, topics: [] })
  await script.fetch('after its end', { sessionId: renewed.sessionId, sessionEpoch: 2 })
  await script.fetch('without a session', { sessionEpoch: -1, topics: ['a-0'] })
  const named = await script.fetch('one by name', { version: BY_NAME, topics: ['a-0'] })
  await script.fetch('goes on by id', { sessionId: named.sessionId, sessionEpoch: 1, topics: ['a-1'] })
}

/** One batch fits an answer: whose turn it is shows. */
async function order(script: FetchScript): Promise<void> {
  await script.create('turns', 3)
  for (const name of ['turns-0', 'turns-1', 'turns-2']) await script.send(name)
  const narrow = { maxBytes: 1 }
  const { sessionId } = await script.fetch('three with records', { ...narrow, topics: ['turns-0', 'b-0', 'turns-1', 'turns-2'] })
  for (let epoch = 1; epoch < 6; epoch++) await script.fetch(`turn ${epoch}`, { ...narrow, sessionId, sessionEpoch: epoch })
  await script.fetch('one is added', { ...narrow, sessionId, sessionEpoch: 6, topics: ['a-1'] })
  await script.fetch('all at once', { sessionId, sessionEpoch: 7 })
  await script.fetch('and the turn after', { ...narrow, sessionId, sessionEpoch: 8 })
}

async function errorsThatPass(script: FetchScript): Promise<void> {
  const { sessionId } = await script.fetch('out of range', { topics: [{ of: 'a-0', fetchOffset: 99 }, 'b-0'] })
  await script.fetch('still out of range', { sessionId, sessionEpoch: 1 })
  await script.fetch('in range', { sessionId, sessionEpoch: 2, topics: [{ of: 'a-0', fetchOffset: 0 }] })
  await script.fetch('nothing more to say', { sessionId, sessionEpoch: 3 })
  await script.fetch('a leader epoch ahead', { sessionId, sessionEpoch: 4, topics: [{ of: 'a-0', currentLeaderEpoch: 5 }] })
  await script.fetch('still ahead, and waits for nothing', { sessionId, sessionEpoch: 5, maxWaitMs: LONG_WAIT_MS })
  await script.fetch('the right one', { sessionId, sessionEpoch: 6, topics: [{ of: 'a-0', currentLeaderEpoch: 0 }] })
  await script.fetch('an epoch that ended before', { sessionId, sessionEpoch: 7, topics: [{ of: 'a-0', currentLeaderEpoch: 0, lastFetchedEpoch: 0, fetchOffset: 7 }] })
  await script.fetch('it is told again, at once', { sessionId, sessionEpoch: 8, maxWaitMs: LONG_WAIT_MS })
  await script.fetch('an epoch that goes on', { sessionId, sessionEpoch: 9, topics: [{ of: 'a-0', currentLeaderEpoch: 0, lastFetchedEpoch: 0, fetchOffset: 0 }] })
}

async function unknownTopics(script: FetchScript): Promise<void> {
  for (const version of [BY_NAME, BY_ID]) {
    const { sessionId } = await script.fetch('an unknown topic among others', { version, topics: ['nowhere-0', 'a-0', 'a-9', 'b-0'] })
    await script.fetch('it is told each time', { version, sessionId, sessionEpoch: 1 })
    await script.fetch('others wait as if it were not there', { version, sessionId, sessionEpoch: 2, maxWaitMs: LONG_WAIT_MS })
    await script.fetch('alone it waits for nothing', { version, sessionId, sessionEpoch: 3, maxWaitMs: LONG_WAIT_MS, forget: ['a-0', 'b-0'] })
    await script.fetch('nor without a session', { version, sessionEpoch: -1, maxWaitMs: LONG_WAIT_MS, topics: ['nowhere-0'] })
    await script.fetch('with others it waits', { version, sessionEpoch: -1, maxWaitMs: LONG_WAIT_MS, topics: ['nowhere-0', 'a-0'] })
  }
  const { sessionId } = await script.fetch('a topic that comes', { version: BY_NAME, topics: ['coming-0', 'a-0'] })
  await script.create('coming', 1)
  await script.fetch('it is there', { version: BY_NAME, sessionId, sessionEpoch: 1 })
  await script.fetch('and nothing in it', { version: BY_NAME, sessionId, sessionEpoch: 2 })
  await script.send('coming-0')
  await script.fetch('and something in it', { version: BY_NAME, sessionId, sessionEpoch: 3 })
}

async function topicsThatGo(script: FetchScript, version: number): Promise<void> {
  const name = version === BY_NAME ? 'going' : 'leaving'
  await script.create(name, 1)
  const { sessionId } = await script.fetch('a topic that will go', { version, topics: [`${name}-0`, 'a-0'] })
  await script.drop(name)
  await script.fetch('it has gone', { version, sessionId, sessionEpoch: 1 })
  await script.fetch('a full fetch of it', { version, sessionEpoch: -1, topics: [`${name}-0`] })
  await script.create(name, 1)
  await script.send(`${name}-0`)
  await script.fetch('another of the name has come', { version, sessionId, sessionEpoch: 2 })
  await script.fetch('asked for as the new one', { version, sessionId, sessionEpoch: 3, topics: [`${name}-0`] })
  await script.fetch('and once more', { version, sessionId, sessionEpoch: 4, maxWaitMs: LONG_WAIT_MS })
}

async function waits(script: FetchScript): Promise<void> {
  await script.create('waits', 2)
  const long = { maxWaitMs: LONG_WAIT_MS }
  const { sessionId } = await script.fetch('nothing for so long', { ...long, topics: ['waits-0', 'waits-1'] })
  await script.fetch('and again', { ...long, sessionId, sessionEpoch: 1 })
  const other = await script.connect()
  const parked = script.fetch('woken by records', { maxWaitMs: 60_000, sessionId, sessionEpoch: 2 }, other)
  await pause(50)
  await script.send('waits-1')
  await parked
  await script.fetch('more bytes than there are', { ...long, minBytes: 10_000, sessionId, sessionEpoch: 3 })
  await script.fetch('more bytes than fit', { ...long, minBytes: 10_000, maxBytes: 10, sessionId, sessionEpoch: 4 })
  await script.fetch('what was read is not waited for', { ...long, sessionId, sessionEpoch: 5, topics: [{ of: 'waits-1', fetchOffset: 1 }] })
}

async function twice(script: FetchScript): Promise<void> {
  const topics = [{ of: 'a-1', fetchOffset: 0 }, 'b-0', { of: 'a-1', fetchOffset: 99 }, 'a-0', 'nowhere-0', 'b-1']
  const { sessionId } = await script.fetch('a partition named twice', { topics })
  await script.fetch('and in the session', { sessionId, sessionEpoch: 1, topics: [{ of: 'a-1', fetchOffset: 99 }, { of: 'a-1', fetchOffset: 1 }] })
  await script.fetch('before sessions', { version: 6, topics })
}

async function overtaken(script: FetchScript): Promise<void> {
  const { sessionId } = await script.fetch('a session for two', { topics: ['b-0'] })
  const other = await script.connect()
  const parked = script.fetch('a fetch that another one of its session overtakes', { maxWaitMs: LONG_WAIT_MS, sessionId, sessionEpoch: 1 }, other)
  await pause(50)
  await script.fetch('the one that overtakes', { sessionId, sessionEpoch: 2 })
  await parked
  await script.fetch('the session goes on', { sessionId, sessionEpoch: 3 })
}
