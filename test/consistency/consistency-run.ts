/**
 * A consistency run: brokers on a disk, many clients in processes of their own, a nemesis that kills, pauses, stops and grows; then
 * everything is read back, and the checker looks at the whole history. What is drawn comes from the seed; timing adds the rest.
 */

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createTopics, listOffsets } from '../../core/protocol/apis/index.ts'
import { check } from '../support/consistency/checker.ts'
import { type Operation, operationsIn, type Violation } from '../support/consistency/history.ts'
import { Recorder } from '../support/consistency/recorder.ts'
import { ClusterClient } from './cluster-client.ts'
import { Fleet } from './fleet.ts'
import { Host } from './host.ts'
import { Nemesis, type Troubles } from './nemesis.ts'
import { committedOffset } from './raw-roles.ts'
import { poll } from './raw-reader.ts'
import { GROUPS, TOPICS, TRANSACTION_TIMEOUT_MS } from './role.ts'

export type RunOptions = {
  readonly seconds: number
  readonly seed: number
  /** By the seed unless told. */
  readonly brokerCount?: number
  readonly say: (line: string) => void
  /** Called each time the brokers are down: for the test that a loss is seen. */
  readonly whileDown?: (dataFolder: string) => void
}
export type RunTotals = {
  readonly operations: number
  readonly recordsAcknowledged: number
  readonly recordsPolled: number
  readonly transactionsCommitted: number
  readonly transactionsAborted: number
  readonly processed: number
  readonly commits: number
  readonly holds: number
  /** How often each kind of operation ended with each error: whether the trouble met what it is for. */
  readonly refusals: Readonly<Record<string, number>>
  readonly brokerCount: number
  readonly troubles: Troubles
  /** What clients said outside of their operations, for whoever looks. */
  readonly clientProblems: readonly string[]
  readonly violations: readonly Violation[]
  /** The history, as it was recorded; kept when something was found. */
  readonly folder: string
}

const ALL_TOPICS = [TOPICS.plain, ...TOPICS.inputs, TOPICS.out]
/** Until the last transaction that was left open has timed out, with patience. */
const SETTLE_MS = 8 * TRANSACTION_TIMEOUT_MS
const UNDER_WAY_MS = 60_000
export const EXACTLY_ONCE = [{ group: GROUPS.classic, topic: TOPICS.inputs[0] }, { group: GROUPS.consumer, topic: TOPICS.inputs[1] }]

export async function consistencyRun(options: RunOptions): Promise<RunTotals> {
  const { seed, seconds, brokerCount = seed % 2 === 0 ? 3 : 1 } = options
  const folder = mkdtempSync(join(tmpdir(), 'millrace-consistency-'))
  const say = (line: string): void => {
    appendFileSync(join(folder, 'run.log'), `${new Date().toISOString()} ${line}\n`)
    options.say(line)
  }
  say(`seed ${seed}, ${brokerCount} brokers, history in ${folder}`)
  const host = await Host.start(brokerCount, options.whileDown)
  const client = new ClusterClient(host.bootstrap)
  let fleet: Fleet | undefined
  try {
    await prepare(client, brokerCount)
    fleet = new Fleet({ addresses: host.addresses, folder, seed })
    await underWay(client)
    const nemesis = new Nemesis({ host, fleet, client, seed, say })
    await nemesis.run(performance.now() + seconds * 1000)
    const clientProblems = await fleet.end()
    say(`clients ended: ${clientProblems.length} problems`)
    const late = await readEverything(client, folder)
    host.noteErrors()
    const operations = readHistory(folder)
    const violations = [...late, ...host.errors.map(line => ({ rule: 'error of the broker', what: line, operations: [] })), ...check(operations, { exactlyOnce: EXACTLY_ONCE })]
    writeFileSync(join(folder, 'broker.log'), host.process.process.lines.join('\n'))
    if (clientProblems.length > 0) writeFileSync(join(folder, 'client-problems.log'), clientProblems.join('\n'))
    if (violations.length === 0) rmSync(folder, { recursive: true })
    return { ...countsOf(operations), brokerCount, troubles: nemesis.troubles, clientProblems, violations, folder }
  } finally {
    await fleet?.kill9()
    client.close()
    await host.process.dispose()
  }
}

/** All that the recorders of a run wrote. */
export function readHistory(folder: string): Operation[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.jsonl')).sort()
  return operationsIn(files.flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n')))
}

async function prepare(client: ClusterClient, replicationFactor: number): Promise<void> {
  const topics = ALL_TOPICS.map(name => ({ name, numPartitions: 3, replicationFactor, assignments: [], configs: [] }))
  for (;;) {
    await client.ask('anyone', createTopics, 7, { topics, timeoutMs: 5000, validateOnly: false })
    const counts = await Promise.all(ALL_TOPICS.map(topic => client.partitionsOf(topic)))
    if (counts.every(({ length }) => length === 3)) return
  }
}

/** Waits until the clients are at work, to trouble them then: there are records in each topic. */
async function underWay(client: ClusterClient): Promise<void> {
  const until = performance.now() + UNDER_WAY_MS
  const wanted = new Set(ALL_TOPICS.flatMap(topic => [0, 1, 2].map(partition => `${topic}-${partition}`)))
  for (const line of wanted) while (((await endsOf(client, line))?.end ?? 0) < 30 && performance.now() < until) await pause(100)
}

/** Every partition with both isolations, and what the groups have committed. What does not settle is a violation. */
async function readEverything(client: ClusterClient, folder: string): Promise<Violation[]> {
  const recorder = new Recorder(folder, 'final')
  const late: Violation[] = []
  const until = performance.now() + SETTLE_MS
  const lines = (await Promise.all(ALL_TOPICS.map(async topic => (await client.partitionsOf(topic)).map(partition => `${topic}-${partition}`)))).flat()
  for (const line of lines) {
    let ends = await endsOf(client, line)
    while ((!ends || ends.stable !== ends.end) && performance.now() < until) {
      await pause(200)
      ends = await endsOf(client, line)
    }
    if (!ends || ends.stable !== ends.end) late.push({ rule: 'hanging', what: `${line} ends at ${ends?.end} and its last stable offset stays at ${ends?.stable}`, operations: [] })
    for (const isolation of ['uncommitted', 'committed'] as const) {
      for (let position = 0; position < (ends?.stable ?? 0);) {
        const seen = await poll(client, recorder, { line, session: `final ${isolation}`, isolation, position, isFinal: true, maxBytes: 1_000_000 })
        position = seen?.next ?? position
        if (performance.now() > until + SETTLE_MS) break
      }
    }
  }
  for (const [groupId, topic] of [...EXACTLY_ONCE.map(({ group, topic: of }) => [group, of] as const), [GROUPS.kafkajs, TOPICS.plain], [GROUPS.platformatic, TOPICS.plain], [GROUPS.platformaticConsumer, TOPICS.plain]] as const) {
    for (const line of lines.filter(name => name.startsWith(`${topic}-`))) {
      let at: number | undefined
      while ((at = await committedOffset(client, { recorder }, { groupId, line })) === undefined && performance.now() < until + SETTLE_MS) await pause(100)
      if (at === undefined) late.push({ rule: 'hanging', what: `the committed offset of ${groupId} in ${line} is not to be had`, operations: [] })
    }
  }
  recorder.close()
  return late
}

async function endsOf(client: ClusterClient, line: string): Promise<{ stable: number; end: number } | undefined> {
  const at = line.lastIndexOf('-')
  const [name, partitionIndex] = [line.slice(0, at), Number(line.slice(at + 1))]
  const offsets: number[] = []
  for (const isolationLevel of [1, 0]) {
    const answer = await client.ask({ leaderOf: line }, listOffsets, 7, { replicaId: -1, isolationLevel, topics: [{ name, partitions: [{ partitionIndex, timestamp: -1n }] }] })
    const found = answer && answer !== 'not asked' ? answer.topics[0]?.partitions[0] : undefined
    if (!found || found.errorCode !== 0) {
      client.forget({ leaderOf: line })
      return undefined
    }
    offsets.push(found.offset)
  }
  return { stable: offsets[0] ?? 0, end: offsets[1] ?? 0 }
}

export function countsOf(operations: readonly Operation[]) {
  const ok = operations.filter(({ outcome }) => outcome === 'ok')
  const count = (wanted: (operation: Operation) => number): number => ok.reduce((sum, operation) => sum + wanted(operation), 0)
  return {
    operations: operations.length,
    recordsAcknowledged: count(operation => (operation.is === 'send' ? operation.values.length : 0)),
    recordsPolled: count(operation => (operation.is === 'poll' && !operation.isFinal ? operation.records?.length ?? 0 : 0)),
    transactionsCommitted: count(operation => Number(operation.is === 'end' && operation.decision === 'commit')),
    transactionsAborted: count(operation => Number(operation.is === 'end' && operation.decision === 'abort')),
    processed: count(operation => (operation.is === 'send' ? operation.sources?.length ?? 0 : 0)),
    commits: count(({ is }) => Number(is === 'commit')),
    holds: count(({ is }) => Number(is === 'hold')),
    refusals: refusalsIn(operations),
  }
}

function refusalsIn(operations: readonly Operation[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { is, error } of operations) {
    if (error === undefined || !/^[A-Z_]+$/.test(error)) continue
    const key = `${is} ${error}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
