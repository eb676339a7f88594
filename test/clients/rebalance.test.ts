/** Groups of several members, of different clients: they share the partitions, and take over from those who leave or die. */

import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningProcess } from '../support/clients-process.ts'
import { createTopic, kafkaErrorOf, kafkajsClient, kafkajsDriver, withAdmin } from '../support/clients-kafkajs.ts'
import { sampleRecords } from '../support/clients-records.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWith } from '../support/clients-tools.ts'

const PARTITIONS = 6
const withKcat = testWith('kcat')

let broker: TestBroker
beforeAll(async () => {
  broker = await startTarget()
})
afterAll(() => broker?.dispose())

type Seen = { readonly state: string; readonly partitionCounts: number[] }

/** The group once `holds` says so; the numbers of partitions of its members, ascending. */
async function groupOnce(group: string, holds: (seen: Seen) => boolean): Promise<Seen> {
  return withAdmin(broker.address, async admin => {
    let last: Seen | undefined
    await expect.poll(async () => {
      const { groups } = await admin.describeGroups([group])
      const members = groups[0]?.members ?? []
      const counts = members.map(member => (member.memberAssignment.length === 0 ? 0 : partitionsIn(member.memberAssignment)))
      last = { state: groups[0]?.state ?? 'unknown', partitionCounts: counts.toSorted((a, b) => a - b) }
      return holds(last) ? 'as expected' : last
    }, { timeout: 30_000, interval: 50 }).toBe('as expected')
    return last ?? { state: 'unknown', partitionCounts: [] }
  })
}

function partitionsIn(assignment: Buffer): number {
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(assignment)
  return Object.values(decoded?.assignment ?? {}).flat().length
}

const isShared = (...counts: number[]) => ({ state, partitionCounts }: Seen): boolean => state === 'Stable' && String(partitionCounts) === String(counts)

function kcatMember(group: string, topic: string, ...settings: string[]): RunningProcess {
  const flags = ['auto.offset.reset=earliest', 'session.timeout.ms=6000', 'heartbeat.interval.ms=500', 'partition.assignment.strategy=range', ...settings]
  return new RunningProcess('kcat', ['-b', broker.address, '-u', '-f', '%p %o\\n', ...flags.flatMap(flag => ['-X', flag]), '-G', group, topic])
}

test('two members share the partitions, and the one that stays takes all when the other leaves', async () => {
  await createTopic(broker.address, 'shared', PARTITIONS)
  const members = ['first', 'second'].map(() => kafkajsClient(broker.address).consumer({ groupId: 'pair', heartbeatInterval: 200, maxWaitTimeInMs: 200 }))
  const read = new Map<string, number>()
  for (const member of members) {
    await member.connect()
    await member.subscribe({ topics: ['shared'], fromBeginning: true })
    await member.run({ eachMessage: async ({ partition, message }) => {
      const key = `${partition}-${message.offset}`
      read.set(key, (read.get(key) ?? 0) + 1)
    } })
  }
  await groupOnce('pair', isShared(3, 3))
  await kafkajsDriver.produce(broker.address, 'shared', sampleRecords(600, PARTITIONS, kafkajsDriver.limits))
  await expect.poll(() => read.size, { timeout: 20_000 }).toBe(600)
  expect([...read.values()].every(times => times === 1)).toBe(true)

  await members[0]?.disconnect()
  await groupOnce('pair', isShared(6))
  await kafkajsDriver.produce(broker.address, 'shared', sampleRecords(60, PARTITIONS, kafkajsDriver.limits, 2))
  await expect.poll(() => read.size, { timeout: 20_000 }).toBe(660)
  await members[1]?.disconnect()
  await groupOnce('pair', ({ state, partitionCounts }) => state === 'Empty' && partitionCounts.length === 0)
})

withKcat('a member that dies without leaving is out after its session, and the other goes on from its commits', async () => {
  await createTopic(broker.address, 'inherited', PARTITIONS)
  const dying = kcatMember('heirs', 'inherited', 'auto.commit.interval.ms=100')
  const heir = kcatMember('heirs', 'inherited')
  await groupOnce('heirs', isShared(3, 3))
  await kafkajsDriver.produce(broker.address, 'inherited', sampleRecords(60, PARTITIONS, kafkajsDriver.limits))
  const rows = (member: RunningProcess): string[] => member.stdout.filter(line => /^\d+ \d+$/.test(line))
  await dying.waitFor('30 records', () => (rows(dying).length >= 30 ? true : undefined))
  await heir.waitFor('30 records', () => (rows(heir).length >= 30 ? true : undefined))
  await dying.end('SIGKILL')
  await groupOnce('heirs', isShared(6))
  await kafkajsDriver.produce(broker.address, 'inherited', sampleRecords(60, PARTITIONS, kafkajsDriver.limits, 2))
  const all = (): Set<string> => new Set([...rows(dying), ...rows(heir)])
  await heir.waitFor('the records of all partitions', () => (all().size === 120 ? true : undefined))
  await heir.end('SIGTERM')
})

withKcat('a static member that comes back within its session gets its partitions without a rebalance', async () => {
  await createTopic(broker.address, 'static', PARTITIONS)
  const first = kcatMember('fixed', 'static', 'group.instance.id=one')
  const other = kcatMember('fixed', 'static', 'group.instance.id=two')
  await groupOnce('fixed', isShared(3, 3))
  await first.end('SIGKILL')
  const back = kcatMember('fixed', 'static', 'group.instance.id=one')
  await kafkajsDriver.produce(broker.address, 'static', sampleRecords(60, PARTITIONS, kafkajsDriver.limits))
  const rows = (member: RunningProcess): string[] => member.stdout.filter(line => /^\d+ \d+$/.test(line))
  await back.waitFor('30 records', () => (rows(back).length >= 30 ? true : undefined))
  await other.waitFor('30 records', () => (rows(other).length >= 30 ? true : undefined))
  expect(await groupOnce('fixed', () => true)).toEqual({ state: 'Stable', partitionCounts: [3, 3] })
  await back.end('SIGTERM')
  await other.end('SIGTERM')
})

withKcat('a member with no assignor in common with the group is refused', async () => {
  await createTopic(broker.address, 'mixed', PARTITIONS)
  const member = kcatMember('settled', 'mixed')
  await groupOnce('settled', isShared(6))
  const stranger = kafkajsClient(broker.address, 0).consumer({ groupId: 'settled', retry: { retries: 0, restartOnFailure: async () => false } })
  const crash = Promise.withResolvers<Error>()
  stranger.on(stranger.events.CRASH, event => crash.resolve(event.payload.error))
  await stranger.connect()
  await stranger.subscribe({ topics: ['mixed'] })
  await stranger.run({ eachMessage: async () => undefined }).catch((error: unknown) => crash.resolve(error as Error))
  expect(kafkaErrorOf(await crash.promise)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  await stranger.disconnect()
  expect(await groupOnce('settled', () => true)).toEqual({ state: 'Stable', partitionCounts: [6] })
  await member.end('SIGTERM')
})
