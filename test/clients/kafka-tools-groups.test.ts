/**
 * kafka-consumer-groups and kafka-groups, Apache Kafka's own tools, on groups of both protocols: what they list and describe while a member is
 * there, what they refuse then, and every way to reset, delete and export offsets. With MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { startJavaMember } from '../support/clients-java.ts'
import { kafkajsClient } from '../support/clients-kafkajs.ts'
import type { RunningProcess } from '../support/clients-process.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { KafkaTools } from '../support/kafka-tools.ts'

const it = await testWithMade(KafkaTools.classPath, 'java', 'maven')
const HOUR_MS = 3_600_000
const PROTOCOLS = ['classic', 'consumer'] as const

let broker: TestBroker
let tools: KafkaTools
const folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'))
const nowMs = Date.now()
const members = new Map<string, RunningProcess>()
beforeAll(async () => {
  broker = await startTarget()
  tools = await KafkaTools.start()
  for (const [topic, partitions] of [['orders', '2'], ['other', '1']] as const) {
    await tools.run('kafka-topics', ['--bootstrap-server', broker.address, '--create', '--topic', topic, '--partitions', partitions])
  }
  const producer = kafkajsClient(broker.address).producer()
  await producer.connect()
  // An hour apart: offset 9 is of this minute, offset 0 of nine hours ago.
  const messages = [0, 1].flatMap(partition => Array.from({ length: 10 }, (_, at) => ({ partition, value: String(at), timestamp: String(nowMs - (9 - at) * HOUR_MS) })))
  await producer.send({ topic: 'orders', messages })
  await producer.send({ topic: 'other', messages: [{ partition: 0, value: 'one' }] })
  await producer.disconnect()
  for (const protocol of PROTOCOLS) {
    const member = await startJavaMember(broker.address, protocol, 'orders,other', `group.protocol=${protocol}`, `client.id=reader-${protocol}`)
    members.set(protocol, member)
    await member.waitFor('its records', () => (member.stdout.filter(line => line.startsWith('record ')).length === 21 ? true : undefined))
    member.tell('commit')
    await member.line(/^committed/)
  }
})
afterAll(async () => {
  for (const member of members.values()) await member.end('SIGKILL')
  await tools?.end()
  await broker?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

async function groups(...args: string[]): Promise<string> {
  const ran = await tools.run('kafka-consumer-groups', ['--bootstrap-server', broker.address, ...args], { codes: [0, 1] })
  return `${ran.stdout}${ran.stderr}`
}

async function reset(group: string, ...args: string[]): Promise<string[]> {
  return offsetsIn(await groups('--reset-offsets', '--group', group, ...args))
}

/** "orders 0: 4" for each line of a reset. */
const offsetsIn = (text: string): string[] => [...text.matchAll(/^\S+ +(orders|other) +(\d) +(\d+) *$/gm)].map(([, topic, partition, offset]) => `${topic} ${partition}: ${offset}`).sort()
const bothAt = (offset: number): string[] => [`orders 0: ${offset}`, `orders 1: ${offset}`]
const committed = async (group: string): Promise<string[]> =>
  [...(await groups('--describe', '--group', group)).matchAll(/^\S+ +(orders|other) +(\d) +(\d+) +\d+ +\d+/gm)].map(([, topic, partition, offset]) => `${topic} ${partition}: ${offset}`).sort()

it('both kinds are listed, with their type, protocol and state, and found by each', async () => {
  const lines = (text: string): string[] => text.split('\n').map(line => line.trim().replaceAll(/\s+/g, ' ')).filter(line => /^(classic|consumer)\b/.test(line)).sort()
  expect(lines(await groups('--list'))).toEqual(['classic', 'consumer'])
  expect(lines(await groups('--list', '--state'))).toEqual(['classic Classic Stable', 'consumer Consumer Stable'].map(line => expect.stringMatching(line.replace(/ C\w+ /, '.* '))))
  expect(lines(await groups('--list', '--state', 'stable'))).toHaveLength(2)
  expect(lines(await groups('--list', '--state', 'empty'))).toEqual([])
  expect(lines(await groups('--list', '--type'))).toEqual(['classic Classic', 'consumer Consumer'])
  expect(lines(await groups('--list', '--type', 'consumer'))).toEqual(['consumer Consumer'])
  const all = async (...args: string[]): Promise<string[]> => lines((await tools.run('kafka-groups', ['--bootstrap-server', broker.address, '--list', ...args])).stdout)
  expect(await all()).toEqual(['classic Classic consumer', 'consumer Consumer consumer'])
  expect(await all('--group-type', 'classic')).toEqual(['classic Classic consumer'])
  expect(await all('--consumer')).toEqual(['classic Classic consumer', 'consumer Consumer consumer'])
  expect(await all('--share')).toEqual([])
  expect(await all('--protocol', 'consumer')).toHaveLength(2)
})

it.each(PROTOCOLS)('a %s group with a member is described in full, and neither reset nor deleted', async group => {
  const isClassic = group === 'classic'
  expect(await groups('--describe', '--group', group, '--state')).toMatch(new RegExp(`^${group} +\\S+:\\d+ +\\(1\\) +${isClassic ? 'range' : 'uniform'} +Stable +1`, 'm'))
  const client = `\\S+ +/127\\.0\\.0\\.1 +reader-${group}`
  expect(await groups('--describe', '--group', group, '--members')).toMatch(new RegExp(`^${group} +${client} +3`, 'm'))
  const verbose = await groups('--describe', '--group', group, '--members', '--verbose')
  expect(verbose).toMatch(/orders:0,1;other:0|other:0;orders:0,1/)
  const offsets = await groups('--describe', '--group', group, '--offsets', '--verbose')
  expect(offsets.match(new RegExp(`^${group} +orders +[01] +(\\S+ +)?10 +(- +)?10 +0 +${client}`, 'gm'))).toHaveLength(2)
  expect(await groups('--reset-offsets', '--group', group, '--topic', 'orders', '--to-earliest', '--execute')).toContain(`Assignments can only be reset if the group '${group}' is inactive, but the current state is Stable.`)
  expect(await groups('--delete', '--group', group)).toMatch(new RegExp(`Group '${group}' could not be deleted due to: .*(GroupNotEmptyException|is not empty)`))
  expect(await groups('--delete-offsets', '--group', group, '--topic', 'orders')).toMatch(/orders +[01] +Error: \S+GroupSubscribedToTopicException: Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it/)
  expect((await groups('--describe', '--all-groups', '--members')).match(/ reader-(classic|consumer) /g)).toHaveLength(2)
})

it.each(PROTOCOLS)('offsets of a %s group are reset in every way that the tool knows, shown before and kept when told to', async group => {
  members.get(group)?.tell('close')
  await members.get(group)?.line(/^closed/)
  await expect.poll(() => groups('--describe', '--group', group, '--state')).toMatch(/Empty +0/)
  expect(await reset(group, '--topic', 'orders', '--to-earliest', '--dry-run')).toEqual(bothAt(0))
  expect(await committed(group)).toEqual([...bothAt(10), 'other 0: 1'])
  expect(await reset(group, '--topic', 'orders', '--to-earliest', '--execute')).toEqual(bothAt(0))
  expect(await committed(group)).toEqual([...bothAt(0), 'other 0: 1'])
  expect(await reset(group, '--topic', 'orders', '--shift-by', '3', '--execute')).toEqual(bothAt(3))
  expect(await reset(group, '--topic', 'orders:1', '--shift-by', '-1', '--execute')).toEqual(['orders 1: 2'])
  expect(await committed(group)).toEqual(['orders 0: 3', 'orders 1: 2', 'other 0: 1'])
  expect(await reset(group, '--topic', 'orders', '--shift-by', '100', '--execute')).toEqual(bothAt(10))
  expect(await reset(group, '--topic', 'orders', '--by-duration', 'PT2H30M', '--execute')).toEqual(bothAt(7))
  expect(await reset(group, '--topic', 'orders', '--to-datetime', `${new Date(nowMs - 5.5 * HOUR_MS).toISOString().slice(0, 23)}Z`, '--execute')).toEqual(bothAt(4))
  expect(await reset(group, '--topic', 'orders', '--to-current', '--execute')).toEqual(bothAt(4))
  expect(await reset(group, '--topic', 'orders:0', '--to-offset', '6', '--execute')).toEqual(['orders 0: 6'])
  expect(await reset(group, '--all-topics', '--to-latest', '--execute')).toEqual([...bothAt(10), 'other 0: 1'])
  const exported = await groups('--reset-offsets', '--group', group, '--topic', 'orders', '--to-offset', '5', '--export', '--dry-run')
  expect(exported.split('\n').filter(line => line.includes('orders')).sort()).toEqual(['orders,0,5', 'orders,1,5'])
  const file = join(folder, `${group}.csv`)
  writeFileSync(file, 'orders,0,8\norders,1,9\n')
  expect(await reset(group, '--from-file', file, '--execute')).toEqual(['orders 0: 8', 'orders 1: 9'])
  expect(await committed(group)).toEqual(['orders 0: 8', 'orders 1: 9', 'other 0: 1'])
})

it('a group that is not there gets offsets by a reset', async () => {
  expect(await reset('made', '--topic', 'orders', '--to-offset', '4', '--execute')).toEqual(bothAt(4))
  expect(await committed('made')).toEqual(bothAt(4))
  expect(await groups('--describe', '--group', 'nobody')).toContain('GroupIdNotFoundException: Group nobody not found.')
})

it.each(PROTOCOLS)('offsets of an empty %s group are deleted, then the group', async group => {
  expect(await groups('--delete-offsets', '--group', group, '--topic', 'orders:0')).toMatch(/orders +0 +Successful/)
  expect(await committed(group)).toEqual(['orders 1: 9', 'other 0: 1'])
  expect(await groups('--delete-offsets', '--group', group, '--topic', 'nowhere')).toMatch(/nowhere|UnknownTopicOrPartition/)
  expect(await groups('--delete', '--group', group)).toContain(`Deletion of requested consumer groups ('${group}') was successful.`)
  expect(await groups('--list')).not.toMatch(new RegExp(`^${group}$`, 'm'))
  expect(await groups('--delete', '--group', group)).toMatch(/GroupIdNotFoundException|not found/)
})
