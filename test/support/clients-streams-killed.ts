/** Two instances of the Kafka Streams application under way, killed at random while its input is produced; what a reader of the committed saw. */

import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { startJavaMember } from './clients-java.ts'
import { kafkajsClient } from './clients-kafkajs.ts'
import type { RunningProcess } from './clients-process.ts'
import { StreamsInstance } from './clients-streams.ts'

export const WORDS = ['ash', 'birch', 'cedar', 'date', 'elm', 'fir', 'gum'] as const
export const INPUT = 'words'
export const OUTPUT = 'totals'
export const APPLICATION = 'totaller'
/** Of the input and the output, which are there already. */
export const PARTITIONS = 3

export type KilledOptions = {
  readonly address: string
  readonly seed: number
  readonly kills: number
  readonly settings?: Readonly<Record<string, string>>
  /** More trouble, after a kill of this number. */
  readonly trouble?: (kill: number) => Promise<void>
}

export type KilledRun = {
  /** What was produced: "WORD NUMBER". */
  readonly sent: readonly string[]
  /** What came out by word, in the order of the partition: count, sum and the number itself. */
  readonly totals: ReadonlyMap<string, readonly (readonly [count: number, sum: number, number: number])[]>
  /** Last lines of instances that gave up. */
  readonly failures: readonly string[]
  /** When what was killed. */
  readonly story: readonly string[]
  /** All that the runs of each instance said, for a look at a run that went wrong. */
  readonly said: readonly (readonly string[])[]
}

/** What is wrong with a run: a count that is missing, twice or out of turn, a sum that is not of the numbers, a number lost or counted twice. */
export function faultsOf({ sent, totals }: KilledRun): string[] {
  const found: string[] = []
  for (const word of WORDS) {
    let [count, sum] = [0, 0]
    const all = totals.get(word) ?? []
    for (const [at, [seenCount, seenSum, number]] of all.entries()) {
      if (seenCount !== count + 1 || seenSum !== sum + number) found.push(`${word}, ${at} of its totals: ${seenCount}:${seenSum}:${number} after ${count}:${sum}`)
      ;[count, sum] = [seenCount, seenSum]
    }
    const numbers = sent.filter(value => value.startsWith(`${word} `)).map(value => Number(value.split(' ')[1]))
    if (String(all.map(([, , number]) => number).sort((a, b) => a - b)) !== String(numbers)) found.push(`${word}: ${all.length} of ${numbers.length} numbers`)
  }
  return found
}

const PATIENCE_MS = 100_000

export async function runKilled({ address, seed, kills, settings = {}, trouble }: KilledOptions): Promise<KilledRun> {
  const random = seededRandom(seed)
  const application = { address, applicationId: APPLICATION, input: INPUT, output: OUTPUT }
  const common = {
    'num.standby.replicas': '1', 'consumer.session.timeout.ms': '6000', 'consumer.heartbeat.interval.ms': '500', 'repartition.purge.interval.ms': '1000', 'metadata.max.age.ms': '2000', ...settings,
  }
  const instances = [new StreamsInstance({ ...application, settings: { ...common, 'group.instance.id': 'static' } }), new StreamsInstance({ ...application, settings: common })]
  const story: string[] = []
  const startedAtMs = performance.now()
  const tell = (what: string): void => void story.push(`${Math.round(performance.now() - startedAtMs)} ms: ${what}`)
  const reader = await startJavaMember(address, 'reader', OUTPUT, 'isolation.level=read_committed', 'client.id=reader')
  const producing = produceUntilStopped(address, seededRandom(seed + 1_000_000))
  try {
    await Promise.all(instances.map(instance => instance.start()))
    for (let kill = 1; kill <= kills; kill++) {
      await progress(reader, producing, random.below(4) > 0 ? 40 : 0)
      await pause(random.below(2000))
      const killed = kill % 5 === 0 ? instances : [instances[random.below(2)] ?? instances[0]].filter(each => each !== undefined)
      const andForget = random.below(5) === 0
      tell(`kill ${kill} of instance ${killed.map(each => instances.indexOf(each)).join(' and ')}${andForget ? ', which forgets' : ''}, at ${recordsOf(reader).length} records`)
      await Promise.all(killed.map(instance => instance.kill({ andForget })))
      await pause(random.below(400))
      await Promise.all(killed.map(instance => instance.start()))
      await trouble?.(kill)
    }
    await progress(reader, producing, 40)
    tell('the input ends')
    const sent = await producing.stop()
    await reader.waitFor('all that was sent', () => (recordsOf(reader).length >= sent.length ? true : undefined), PATIENCE_MS)
    tell('all is there')
    await Promise.all(instances.map(instance => instance.stop()))
    return { sent, totals: totalsIn(reader), failures: instances.flatMap(({ failures }) => failures), story, said: instances.map(({ lines }) => lines) }
  } catch (error) {
    const said = instances.map((instance, at) => `instance ${at}:\n${instance.lines.slice(-25).join('\n')}`)
    throw new Error([`seed ${seed}`, ...story, ...said].join('\n'), { cause: error })
  } finally {
    await producing.stop().catch(() => undefined)
    await reader.end('SIGKILL')
    await Promise.all(instances.map(instance => instance.dispose()))
  }
}

const recordsOf = ({ stdout }: RunningProcess): string[] => stdout.filter(line => line.startsWith('record '))

/** Once the reader has so many records more. */
async function progress(reader: RunningProcess, producing: Producing, more: number): Promise<void> {
  const before = recordsOf(reader).length
  await Promise.race([reader.waitFor(`${more} records more`, () => (recordsOf(reader).length >= before + more ? true : undefined), PATIENCE_MS), producing.failure])
}

/** In the order of the reader, which is that of the partition; a word is in one. */
function totalsIn(reader: RunningProcess): KilledRun['totals'] {
  const found = recordsOf(reader).map(line => (line.split(' ')[3] ?? '').split(':'))
  const byWord = Map.groupBy(found, ([word = '']) => word)
  return new Map([...byWord].map(([word, all]) => [word, all.map(([, count, sum, number]) => [Number(count), Number(sum), Number(number)] as const)]))
}

type Producing = {
  /** What was sent. */
  stop(): Promise<readonly string[]>
  /** Rejects when it cannot go on. */
  readonly failure: Promise<unknown>
}

/** Sends words with numbers, each number once, until told to stop. */
function produceUntilStopped(address: string, random: Random): Producing {
  const stopping = new AbortController()
  const sent: string[] = []
  const done = (async () => {
    const producer = kafkajsClient(address, 30).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    while (!stopping.signal.aborted) {
      const partition = random.below(PARTITIONS) // one for all: kafkajs forgets what it has to send again to a leader that answered it already
      const messages = Array.from({ length: 4 }, (_, at) => ({ partition, value: `${WORDS[random.below(WORDS.length)] ?? ''} ${sent.length + at + 1}` }))
      await producer.send({ topic: INPUT, messages })
      sent.push(...messages.map(({ value }) => value))
      await pause(40)
    }
    await producer.disconnect()
    return sent
  })()
  done.catch(() => undefined) // told by `failure` and `stop`
  return {
    stop: () => {
      stopping.abort()
      return done
    },
    failure: done.then(() => Promise.withResolvers<never>().promise),
  }
}
