/** The scenario of the client matrix for libraries of Node.js. test/support/clients-matrix.ts tells what a program prints. */

import { isDeepStrictEqual } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import type { Codec } from '../../../support/clients-records.ts'

export type SentRecord = {
  readonly partition: number
  readonly value: string
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timestamp?: number
}
export type SeenRecord = { readonly partition: number; readonly value: string; readonly key: string | null; readonly headers: Readonly<Record<string, string>>; readonly timestamp: number }

/** A member of a group under way: it commits what it has read, then shows it in `seen`. */
export type Member = {
  readonly seen: readonly SeenRecord[]
  /** Why it stopped reading, when it did. */
  failure?: unknown
  assigned(): readonly number[]
  /** Leaves the group. */
  leave(): Promise<void>
}

export type Transaction = {
  send(topic: string, partition: number, value: string): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
}
export type TransactionalProducer = { begin(): Promise<Transaction>; close(): Promise<void> }
export type Processing = { readonly id: string; readonly source: string; readonly target: string; readonly group: string; readonly count: number }

export type Library = {
  readonly name: string
  readonly version: string
  readonly on?: string
  create(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void>
  produce(topic: string, records: readonly SentRecord[], codec: Codec, isIdempotent: boolean): Promise<void>
  /** Every record from the start of the topic until `isEnough` of what was read so far, in the order of each partition. */
  read(topic: string, isCommitted: boolean, isEnough: (records: readonly SeenRecord[]) => boolean): Promise<void>
  member(topic: string, group: string, protocol: 'classic' | 'consumer'): Promise<Member>
  committed(group: string, topic: string, partitions: number): Promise<readonly number[]>
  atTime(topic: string, partition: number, timestamp: number): Promise<SeenRecord>
  topics(): Promise<readonly string[]>
  partitions(topic: string): Promise<readonly number[]>
  cluster(): Promise<{ readonly brokers: readonly number[]; readonly controller: number }>
  config(topic: string, name: string): Promise<string | null | undefined>
  group(group: string): Promise<{ readonly state: string; readonly members: number }>
  groups(): Promise<readonly string[]>
  alterConfig(topic: string, name: string, value: string): Promise<void>
  grow(topic: string, count: number): Promise<void>
  deleteRecords(topic: string, partition: number, before: number): Promise<void>
  deleteGroup(group: string): Promise<void>
  delete(topic: string): Promise<void>
  transactional(id: string): Promise<TransactionalProducer>
  /** Moves `count` committed records as `from-VALUE`, offsets in the transactions; every third is aborted and done again. */
  process(o: Processing): Promise<void>
}

/** The library has no such feature. */
export class Absent extends Error {}

const STEP_MS = 75_000
/** Of the first record that has a timestamp: old enough to be told from now, young enough for retention.ms. */
const BASE_TIME = Date.now() - 3_600_000
const END = 'the end of the partition'
let waitingFor = ''

async function wait(what: string, condition: () => boolean | Promise<boolean>, ...members: readonly Member[]): Promise<void> {
  waitingFor = what
  while (!(await condition())) {
    for (const { failure } of members) if (failure !== undefined) throw failure
    await pause(20)
  }
  waitingFor = ''
}

function equal(seen: unknown, wanted: unknown, what: string): void {
  if (!isDeepStrictEqual(seen, wanted)) throw new Error(`${what}: ${JSON.stringify(seen)?.slice(0, 300)} instead of ${JSON.stringify(wanted).slice(0, 300)}`)
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

const values = (records: readonly { readonly value: string }[]): string[] => records.map(({ value }) => value).toSorted()

class Scenario {
  readonly #library: Library
  readonly #prefix: string

  constructor(library: Library) {
    this.#library = library
    this.#prefix = `${library.name.replaceAll(/[^\w-]/g, '')}-${process.pid}`
  }

  #name(name: string): string {
    return `${this.#prefix}-${name}`
  }

  async #topic(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.#name(name)
    await this.#library.create(topic, partitions, configs)
    // A broker of Apache Kafka's learns of a topic a moment after its creation was acknowledged.
    await wait(`${partitions} partitions`, async () => (await this.#library.partitions(topic).catch(() => [])).length === partitions)
    return topic
  }

  /** The whole of a topic: what comes before a last record that is written to each partition for this. */
  async #read(topic: string, partitions: number, isCommitted = false): Promise<SeenRecord[]> {
    await this.#library.produce(topic, Array.from({ length: partitions }, (_, partition) => ({ partition, value: END })), 'none', false)
    let seen: readonly SeenRecord[] = []
    await this.#library.read(topic, isCommitted, records => {
      seen = records
      return new Set(records.filter(({ value }) => value === END).map(({ partition }) => partition)).size === partitions
    })
    return seen.filter(({ value }) => value !== END)
  }

  /** Records spread over the partitions in turn; their values. */
  async #fill(topic: string, partitions: number, label: string, count: number): Promise<string[]> {
    const records = Array.from({ length: count }, (_, at) => ({ partition: at % partitions, value: `${label}-${at}` }))
    await this.#library.produce(topic, records, 'none', false)
    return records.map(({ value }) => value)
  }

  async produce(codec: Codec): Promise<void> {
    const topic = await this.#topic(codec, 2)
    const records = Array.from({ length: 200 }, (_, at) => ({
      partition: at % 2, value: `value ${at} `.repeat(1 + at % 40), headers: { at: String(at), of: 'the matrix' }, timestamp: BASE_TIME + at,
      ...(at % 5 === 0 ? {} : { key: `key-${at}` }),
    }))
    await this.#library.produce(topic, records, codec, false)
    const seen = await this.#read(topic, 2)
    for (const partition of [0, 1]) {
      const wanted = records.filter(record => record.partition === partition).map(record => ({ key: null, ...record }))
      equal(seen.filter(record => record.partition === partition), wanted, 'records read back')
    }
  }

  async idempotent(): Promise<void> {
    const topic = await this.#topic('idempotent', 1)
    const records = Array.from({ length: 1000 }, (_, at) => ({ partition: 0, value: `value-${at}` }))
    await this.#library.produce(topic, records, 'none', true)
    equal((await this.#read(topic, 1)).map(({ value }) => value), records.map(({ value }) => value), 'values read back')
  }

  async group(protocol: 'classic' | 'consumer'): Promise<void> {
    const [topic, group] = [await this.#topic(`group-${protocol}`, 6), this.#name(`group-${protocol}`)]
    const wanted = await this.#fill(topic, 6, 'first', 60)
    const first = await this.#library.member(topic, group, protocol)
    await wait('the first member to read all', () => first.assigned().length === 6 && first.seen.length >= 60, first)
    const second = await this.#library.member(topic, group, protocol)
    const areApart = (): boolean => new Set([...first.assigned(), ...second.assigned()]).size === 6 && first.assigned().length === 3 && second.assigned().length === 3
    await wait('both to have three', areApart, first, second)
    wanted.push(...await this.#fill(topic, 6, 'second', 60))
    await wait('both to read', () => first.seen.length + second.seen.length >= 120, first, second)
    equal([first.seen.length, second.seen.length], [90, 30], 'records of each')
    await first.leave()
    await wait('the second to have all', () => second.assigned().length === 6, second)
    wanted.push(...await this.#fill(topic, 6, 'third', 60))
    await wait('the second to read all', () => first.seen.length + second.seen.length >= 180, second)
    await second.leave()
    equal(values([...first.seen, ...second.seen]), wanted.toSorted(), 'records read by the group')
  }

  async resume(): Promise<void> {
    const [topic, group] = [await this.#topic('resume', 2), this.#name('resume')]
    await this.#fill(topic, 2, 'first', 20)
    const first = await this.#library.member(topic, group, 'classic')
    await wait('the first member to read', () => first.seen.length >= 20, first)
    await first.leave()
    const wanted = await this.#fill(topic, 2, 'second', 30)
    equal(await this.#library.committed(group, topic, 2), [10, 10], 'committed offsets')
    const second = await this.#library.member(topic, group, 'classic')
    await wait('the second member to read', () => second.seen.length >= 30, second)
    await second.leave()
    equal(values(second.seen), wanted.toSorted(), 'records of the second member')
    equal(await this.#library.committed(group, topic, 2), [25, 25], 'committed offsets at the end')
  }

  async seek(): Promise<void> {
    const topic = await this.#topic('seek', 2)
    const base = BASE_TIME
    const records = Array.from({ length: 20 }, (_, at) => ({ partition: at % 2, value: `value-${at}`, timestamp: base + at * 1000 }))
    await this.#library.produce(topic, records, 'none', false)
    const { value, timestamp } = await this.#library.atTime(topic, 1, base + 6500)
    equal({ value, timestamp }, { value: 'value-7', timestamp: base + 7000 }, 'record at or after the time')
  }

  async create(): Promise<void> {
    const topic = await this.#topic('created', 3, { 'retention.ms': '3600000' })
    check((await this.#library.topics()).includes(topic), 'the topic is not listed')
  }

  async describe(): Promise<string | undefined> {
    const [topic, group] = [await this.#topic('described', 3, { 'retention.ms': '3600000' }), this.#name('described')]
    const member = await this.#library.member(topic, group, 'classic')
    await wait('the member to join', () => member.assigned().length === 3, member)
    equal(await this.#library.group(group), { state: 'stable', members: 1 }, 'group')
    check((await this.#library.groups()).includes(group), 'the group is not listed')
    await member.leave()
    return lacking(
      async () => equal(await this.#library.partitions(topic), [0, 1, 2], 'partitions'),
      async () => {
        const { brokers, controller } = await this.#library.cluster()
        check(brokers.includes(controller), `cluster: ${brokers}, ${controller}`)
      },
      async () => equal(await this.#library.config(topic, 'retention.ms'), '3600000', 'retention.ms'),
    )
  }

  async alter(): Promise<string | undefined> {
    const topic = await this.#topic('altered', 2)
    return lacking(
      async () => {
        await this.#library.alterConfig(topic, 'retention.ms', '7200000')
        await wait('the config to be as altered', async () => (await this.#library.config(topic, 'retention.ms')) === '7200000')
      },
      async () => {
        await this.#library.grow(topic, 4)
        await wait('four partitions', async () => (await this.#library.partitions(topic)).length === 4)
      },
    )
  }

  async delete(): Promise<string | undefined> {
    const [topic, group] = [await this.#topic('deleted', 1), this.#name('deleted')]
    const written = await this.#fill(topic, 1, 'value', 10)
    await this.#library.deleteRecords(topic, 0, 4)
    equal((await this.#read(topic, 1)).map(({ value }) => value), written.slice(4), 'records left')
    const member = await this.#library.member(topic, group, 'classic')
    await wait('the member to read', () => member.seen.length >= 7, member)
    await member.leave()
    return lacking(
      async () => {
        await this.#library.deleteGroup(group)
        await wait('the group to be gone', async () => !(await this.#library.groups()).includes(group))
      },
      async () => {
        await this.#library.delete(topic)
        await wait('the topic to be gone', async () => !(await this.#library.topics()).includes(topic))
      },
    )
  }

  async transaction(): Promise<void> {
    const topic = await this.#topic('transaction', 2)
    const producer = await this.#library.transactional(this.#name('transaction'))
    const kept: string[] = []
    for (let at = 0; at < 12; at++) {
      const isKept = at % 3 !== 1
      const transaction = await producer.begin()
      for (const partition of [0, 1]) {
        const value = `${isKept ? 'kept' : 'dropped'}-${at}-${partition}`
        await transaction.send(topic, partition, value)
        if (isKept) kept.push(value)
      }
      await (isKept ? transaction.commit() : transaction.abort())
    }
    await producer.close()
    equal(values(await this.#read(topic, 2, true)), kept.toSorted(), 'read committed')
    equal((await this.#read(topic, 2)).length, 24, 'read uncommitted')
  }

  async process(): Promise<void> {
    const [source, target, group] = [await this.#topic('source', 2), await this.#topic('target', 2), this.#name('process')]
    const wanted = await this.#fill(source, 2, 'value', 40)
    await this.#library.process({ id: this.#name('process'), source, target, group, count: 40 })
    // Whatever the library's own read_committed shows, the aborted are not among what the group has committed.
    equal(values(await this.#read(target, 2, true)), wanted.map(value => `from-${value}`).toSorted(), 'records that came out')
    equal(await this.#library.committed(group, source, 2), [20, 20], 'committed offsets')
  }

  async zombie(): Promise<void> {
    const [topic, id] = [await this.#topic('zombie', 1), this.#name('zombie')]
    const first = await this.#library.transactional(id)
    const abandoned = await first.begin()
    await abandoned.send(topic, 0, 'dropped')
    const second = await this.#library.transactional(id)
    const other = await second.begin()
    await other.send(topic, 0, 'kept')
    await other.commit()
    const told = await abandoned.send(topic, 0, 'dropped too').then(() => abandoned.commit()).then(() => 'not told', errorText)
    check(/fenced|epoch/i.test(told), `the first was ${told.startsWith('not') ? told : `told ${told}`}`)
    equal((await this.#read(topic, 1, true)).map(({ value }) => value), ['kept'], 'read committed')
    await second.close()
  }
}

/** What the library lacks of some parts; Absent when it has none of them. */
async function lacking(...parts: readonly (() => Promise<void>)[]): Promise<string | undefined> {
  const lacks: string[] = []
  for (const part of parts) {
    try {
      await part()
    } catch (error) {
      if (!(error instanceof Absent)) throw error
      lacks.push(error.message)
    }
  }
  if (lacks.length === parts.length) throw new Absent(lacks.join(', '))
  return lacks.length === 0 ? undefined : `without ${lacks.join(', ')}`
}

/** All messages and Kafka error names of an error, its causes and its parts. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const name = 'type' in error ? String(error.type) : 'apiId' in error ? String(error.apiId) : ''
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return [...new Set([name, error.message, error.cause && errorText(error.cause), ...parts.map(errorText)])].filter(Boolean).join('; ')
}

function steps(scenario: Scenario): Readonly<Record<string, () => Promise<string | undefined | void>>> {
  const produce = Object.fromEntries((['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map(codec => [`produce ${codec}`, () => scenario.produce(codec)]))
  return {
    ...produce,
    'idempotent produce': () => scenario.idempotent(),
    'group: two members join and leave': () => scenario.group('classic'),
    'commit and resume': () => scenario.resume(),
    'seek by time': () => scenario.seek(),
    'consumer group protocol': () => scenario.group('consumer'),
    'admin create': () => scenario.create(),
    'admin describe': () => scenario.describe(),
    'admin alter': () => scenario.alter(),
    'admin delete': () => scenario.delete(),
    'transaction commit and abort': () => scenario.transaction(),
    'consume-transform-produce': () => scenario.process(),
    'zombie fenced': () => scenario.zombie(),
  }
}

/** Plays the scenario, or the steps named after ADDRESS, and ends the process. `argv`: matrix ADDRESS [STEP ...]. */
export async function play(libraryOf: (address: string) => Library, argv: readonly string[]): Promise<void> {
  const [, address = '', ...only] = argv
  const library = libraryOf(address)
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
  say({ client: library.name, version: library.version, language: 'JavaScript', on: library.on })
  let broken: unknown
  process.on('uncaughtException', error => void (broken = error)).on('unhandledRejection', error => void (broken = error))
  for (const [step, run] of Object.entries(steps(new Scenario(library)))) {
    if (only.length > 0 && !only.includes(step)) continue
    const startedAt = performance.now()
    broken = undefined
    waitingFor = ''
    const late = new AbortController()
    const tooLate = pause(STEP_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error([`not done after ${STEP_MS} ms`, waitingFor && `waiting for ${waitingFor}`, broken && errorText(broken)].filter(Boolean).join(', '))
    })
    try {
      const detail = await Promise.race([run(), tooLate])
      say({ step, result: 'passed', detail: detail ?? undefined })
    } catch (error) {
      say({ step, result: error instanceof Absent ? 'absent' : 'failed', detail: errorText(error).slice(0, 500) })
      if (!(error instanceof Absent)) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    } finally {
      tooLate.catch(() => undefined)
      late.abort()
    }
    process.stderr.write(`${step}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
  }
  process.exit(0)
}
