/** Kafka's own command line tools against three brokers in one process: replication, elections and moves as they print them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { alterPartitionReassignments } from '../../core/protocol/apis/index.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { type KafkaTool, KafkaTools } from '../support/kafka-tools.ts'
import { startMemoryBroker, type MemoryBroker } from '../support/memory-broker.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'))
let cluster: MemoryBroker
let tools: KafkaTools
beforeAll(async () => {
  tools = await KafkaTools.start()
  cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'] })
})
afterAll(async () => {
  await tools?.end()
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What a tool prints. */
async function tool(name: KafkaTool, ...args: string[]): Promise<string> {
  const ran = await tools.run(name, ['--bootstrap-server', cluster.broker.addresses.join(','), ...args], { codes: [0, 1] })
  return `${ran.stdout}${ran.stderr}`
}
const topics = (...args: string[]): Promise<string> => tool('kafka-topics', ...args)
const reassign = (...args: string[]): Promise<string> => tool('kafka-reassign-partitions', ...args)
const file = (name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}
const described = async (topic: string): Promise<string[]> =>
  [...(await topics('--describe', '--topic', topic)).matchAll(/Leader: (\S+)\s+Replicas: (\S+)\s+Isr: (\S*)/g)].map(([, leader, replicas, isr]) => `${leader} of ${replicas}, in sync ${isr}`)

const it = await testWithMade(KafkaTools.classPath, 'java', 'maven')

it('kafka-topics creates with replicas and as assigned, and names what is under-replicated while a broker is down', async () => {
  expect(await topics('--create', '--topic', 'three', '--partitions', '3', '--replication-factor', '3')).toContain('Created topic three')
  expect((await described('three')).map(line => line.split(' ')[0]).sort()).toEqual(['1', '2', '3'])
  expect(await topics('--create', '--topic', 'four', '--replication-factor', '4')).toContain('only 3 broker(s) are registered')
  expect(await topics('--create', '--topic', 'assigned', '--replica-assignment', '2:3,3:1')).toContain('Created topic assigned')
  expect(await described('assigned')).toEqual(['2 of 2,3, in sync 2,3', '3 of 3,1, in sync 3,1'])
  await cluster.broker.cluster.stop(2)
  expect((await topics('--describe', '--under-replicated-partitions')).match(/Topic: (three|assigned)/g)).toHaveLength(4)
  expect(await described('assigned')).toEqual(['3 of 2,3, in sync 3', '3 of 3,1, in sync 3,1'])
  await cluster.broker.cluster.start(2)
  expect(await topics('--describe', '--under-replicated-partitions')).not.toContain('Topic:')
})

it('kafka-leader-election hands a partition back to its preferred leader', async () => {
  const elect = (...args: string[]): Promise<string> => tool('kafka-leader-election', '--election-type', 'preferred', '--topic', 'assigned', '--partition', ...args)
  expect(await elect('0')).toContain('Successfully completed leader election (PREFERRED) for partitions assigned-0')
  expect(await described('assigned')).toEqual(['2 of 2,3, in sync 2,3', '3 of 3,1, in sync 3,1'])
  expect(await elect('0')).toContain('Valid replica already elected for partitions assigned-0')
  await cluster.broker.cluster.stop(3)
  await cluster.broker.cluster.start(3)
  expect((await described('assigned'))[1]).toBe('1 of 3,1, in sync 1,3')
  const all = (type: string): Promise<string> => tool('kafka-leader-election', '--election-type', type, '--all-topic-partitions')
  expect(await all('unclean')).toBe('') // of all partitions, those that need none are not told
  expect(await all('preferred')).toMatch(/Successfully completed leader election \(PREFERRED\) for partitions .*assigned-1/)
  expect((await described('assigned'))[1]).toBe('3 of 3,1, in sync 1,3')
  expect(await elect('7')).toMatch(/UnknownTopicOrPartitionException|does not exist/)
})

it('kafka-reassign-partitions proposes, moves, and says what is under way', async () => {
  const proposed = await reassign('--generate', '--topics-to-move-json-file', file('topics.json', { version: 1, topics: [{ topic: 'assigned' }] }), '--broker-list', '1,2')
  expect(proposed).toContain('Proposed partition reassignment configuration')
  const plan = (...replicas: number[]): string => file('plan.json', { version: 1, partitions: [{ topic: 'assigned', partition: 0, replicas }] })
  expect(await reassign('--execute', '--reassignment-json-file', plan(1, 2))).toContain('Successfully started partition reassignment for assigned-0')
  expect(await reassign('--verify', '--reassignment-json-file', plan(1, 2))).toContain('Reassignment of partition assigned-0 is completed.')
  expect((await described('assigned'))[0]).toBe('2 of 1,2, in sync 1,2')
  expect(await reassign('--execute', '--reassignment-json-file', plan(2, 1), '--throttle', '5000000')).toMatch(/The inter-broker throttle limit was set to 5000000 B\/s[^]*Successfully started/)
  expect(await tool('kafka-configs', '--describe', '--entity-type', 'brokers', '--entity-name', '2')).toContain('leader.replication.throttled.rate=5000000')
  expect(await reassign('--verify', '--reassignment-json-file', plan(2, 1))).toMatch(/Clearing broker-level throttles on brokers[^]*Clearing topic-level throttles on topic assigned/)
  expect(await tool('kafka-configs', '--describe', '--entity-type', 'brokers', '--entity-name', '2')).not.toContain('throttled')
  await reassign('--execute', '--reassignment-json-file', plan(1, 2))
  await cluster.broker.cluster.stop(3)
  // The tool itself moves nothing to a broker that is down, and takes a minute to cancel such a move.
  const move = (replicas: number[] | null) => cluster.ask(alterPartitionReassignments, 1, { timeoutMs: 1000, topics: [{ name: 'assigned', partitions: [{ partitionIndex: 0, replicas }] }] })
  await move([3, 2])
  expect(await reassign('--list')).toContain('assigned-0: replicas: 3,2,1. adding: 3. removing: 1.')
  await move(null)
  expect(await reassign('--list')).toContain('No partition reassignments found.')
  await cluster.broker.cluster.start(3)
  expect((await described('assigned'))[0]).toBe('2 of 1,2, in sync 1,2')
})

it('kafka-broker-api-versions and kafka-log-dirs find each broker, with what it holds', async () => {
  const versions = await tool('kafka-broker-api-versions')
  for (const id of [1, 2, 3]) expect(versions).toContain(`127.0.0.1:${cluster.portOf(id)} (id: ${id} rack: ${'abc'[id - 1]} isFenced: false)`)
  const dirs = JSON.parse((await tool('kafka-log-dirs', '--describe', '--topic-list', 'assigned')).split('\n').find(line => line.startsWith('{')) ?? '{}') as {
    brokers: { broker: number; logDirs: { partitions: { partition: string }[] }[] }[]
  }
  const held = dirs.brokers.map(({ broker, logDirs }) => [broker, logDirs.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)).sort()])
  expect(held.sort()).toEqual([[1, ['assigned-0', 'assigned-1']], [2, ['assigned-0']], [3, ['assigned-1']]])
})
