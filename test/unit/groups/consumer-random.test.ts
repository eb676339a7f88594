import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { appendRecords } from '../../../core/coordinator/coordinator-log.ts'
import { defaultLogConfig, PartitionLog } from '../../../core/log/partition-log.ts'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { Client, converge, describe, owners } from './consumer-fixture.ts'
import { idOf, startGroups, type Setting } from './fixture.ts'

const SUBSCRIPTIONS = [['orders'], ['payments'], ['orders', 'payments'], ['orders', 'later']]

type Step =
  | { readonly is: 'beat' | 'unheard' | 'act' | 'leave' | 'die' | 'rejoin'; readonly client: number }
  | { readonly is: 'subscribe'; readonly client: number; readonly to: number }
  | { readonly is: 'wait'; readonly ms: number }
  | { readonly is: 'grow'; readonly topic: string; readonly by: number }
  | { readonly is: 'delete'; readonly topic: string }
  | { readonly is: 'restart' }

const CLIENTS = 4
const client = fc.nat(CLIENTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ is: fc.constantFrom('beat' as const, 'act' as const), client }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('leave' as const, 'die' as const, 'rejoin' as const), client }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('subscribe' as const), client, to: fc.nat(SUBSCRIPTIONS.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('wait' as const), ms: fc.constantFrom(100, 1_000, 5_000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('grow' as const), topic: fc.constantFrom('orders', 'later'), by: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('unheard' as const), client }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('delete' as const), topic: fc.constantFrom('orders', 'payments', 'later') }) },
  { weight: 1, arbitrary: fc.constant({ is: 'restart' as const }) },
)

type Run = { setting: Setting; readonly clients: readonly Client[]; readonly dead: Set<number>; deleted: number }

async function begin(assignor: string): Promise<Run> {
  const clients = Array.from({ length: CLIENTS }, (_, at) => new Client(`m${at}`, SUBSCRIPTIONS[at % SUBSCRIPTIONS.length] ?? []))
  const run = { setting: await startGroups({ config: { consumerAssignors: assignor === 'range' ? ['range'] : ['uniform'] } }), clients, dead: new Set<number>(), deleted: 0 }
  return run
}

async function take(run: Run, step: Step): Promise<void> {
  const { setting, clients, dead } = run
  const of = 'client' in step ? clients[step.client] : undefined
  switch (step.is) {
    case 'wait': return setting.clock.advance(step.ms)
    case 'grow': {
      const isNew = !setting.topics.has(step.topic)
      setting.topics.set(step.topic, (setting.topics.get(step.topic) ?? 0) + step.by)
      return setting.groups.onTopicChanged(step.topic, isNew ? 'new' : 'changed')
    }
    case 'delete': {
      if (!setting.topics.delete(step.topic)) return
      // The next of that name is another.
      setting.topicIds.set(step.topic, idOf(`${step.topic} ${run.deleted++}`))
      setting.groups.onTopicDeleted(step.topic)
      return setting.groups.onTopicChanged(step.topic, 'gone')
    }
    case 'restart': {
      run.setting = await setting.restart()
      run.setting.topics.clear()
      for (const [topic, count] of setting.topics) run.setting.topics.set(topic, count)
      for (const [topic, topicId] of setting.topicIds) run.setting.topicIds.set(topic, topicId)
      return
    }
    default: break
  }
  if (!of || !('client' in step)) return
  if (step.is === 'die') {
    // Killed: what it held is nobody's any more, though the coordinator does not know yet.
    dead.add(step.client)
    of.forget()
    of.isIn = false
  } else if (step.is === 'rejoin') {
    dead.delete(step.client)
    if (of.epoch === 0) of.beat(setting)
  } else if (dead.has(step.client)) {
    return
  } else if (step.is === 'beat') {
    of.beat(setting)
  } else if (step.is === 'unheard') {
    of.beatUnheard(setting)
  } else if (step.is === 'act') {
    of.act()
  } else if (step.is === 'subscribe') {
    of.topics = SUBSCRIPTIONS[step.to] ?? []
    if (of.epoch > 0) of.beat(setting, { subscribedTopics: of.topics })
  } else {
    of.leave(setting)
  }
}

/** What clients hold that the coordinator still counts as members; a member that was put out may hold on until it hears of it. */
function expectNothingTwice({ setting, clients }: Run): void {
  const members = new Set(describe(setting).members.map(({ memberId }) => memberId))
  const holders = new Map<string, string>()
  for (const { memberId, held } of clients) {
    if (!members.has(memberId)) continue
    for (const key of held) {
      expect(`${key} is held by ${holders.get(key) ?? memberId}`).toBe(`${key} is held by ${memberId}`)
      holders.set(key, memberId)
    }
  }
  const owned = describe(setting).members.flatMap(({ assigned, pendingRevocation }) => [assigned, pendingRevocation].flatMap(topics => [...topics].flatMap(([topicId, partitions]) => [...partitions.keys()].map(each => `${topicId}/${each}`))))
  expect(new Set(owned).size).toBe(owned.length)
}

test.each(['uniform', 'range'])('%s: however members come, go, lag and die, no partition has two of them, and in the end all are read', async assignor => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async steps => {
    const run = await begin(assignor)
    for (const each of steps) {
      await take(run, each)
      expectNothingTwice(run)
    }
    // The dead are put out, the living settle.
    const living = run.clients.filter((_, at) => !run.dead.has(at))
    for (let round = 0; round < 12; round++) {
      run.setting.clock.advance(5_000)
      for (const each of living) if (each.isIn) each.beat(run.setting)
      for (const each of living) each.act()
      expectNothingTwice(run)
    }
    const members = living.filter(({ isIn }) => isIn)
    if (members.length > 0) {
      converge(run.setting, members)
      expect(describe(run.setting).state).toBe('Stable')
      const { topics, topicIds } = run.setting
      const wanted = new Set(members.flatMap(client => client.topics).flatMap(topic => Array.from({ length: topics.get(topic) ?? 0 }, (_, partition) => `${topicIds.get(topic) ?? idOf(topic)}/${partition}`)))
      expect(members.flatMap(({ held }) => [...held]).sort()).toEqual([...wanted].sort())
    }
    await run.setting.groups.stop()
  }), { numRuns: 150 })
}, 60_000)

/** The log as it was when it ended at `end`, on a disk of its own. */
async function logUpTo(log: PartitionLog, end: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const copy = await PartitionLog.open({
    disk, clock: new SimulatedClock(), folder: '/data/__consumer_offsets-0', topic: '__consumer_offsets', partition: 0, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
    config: { ...defaultLogConfig, cleanupPolicy: ['compact'] }, isClean: true, logger: silentLogger,
  })
  const read = await log.reader.readCold({ offset: 0, maxBytes: 10_000_000, minOneBatch: true })
  if (read.error !== 'NONE') throw new Error(read.error)
  for (const batch of batchesOf(Buffer.concat(read.buffers))) {
    if (batch.lastOffset >= end) break
    const records = Array.from(batch.records(), ({ key, value }) => ({ key: Buffer.from(key ?? []), value: value && Buffer.from(value) }))
    expect(appendRecords(copy, records, 0).error).toBe('NONE')
  }
  read.release()
  await copy.close()
  return disk
}

test('a coordinator that starts again at any record decides as if it had gone on', async () => {
  const run = await begin('uniform')
  const script: Step[] = [
    { is: 'beat', client: 0 }, { is: 'act', client: 0 }, { is: 'beat', client: 1 }, { is: 'wait', ms: 1_000 }, { is: 'beat', client: 2 }, { is: 'beat', client: 0 },
    { is: 'act', client: 0 }, { is: 'beat', client: 0 }, { is: 'beat', client: 1 }, { is: 'act', client: 1 }, { is: 'wait', ms: 1_000 }, { is: 'beat', client: 1 },
    { is: 'subscribe', client: 0, to: 2 }, { is: 'beat', client: 2 }, { is: 'act', client: 2 }, { is: 'wait', ms: 1_000 }, { is: 'beat', client: 2 }, { is: 'act', client: 0 },
    { is: 'beat', client: 0 }, { is: 'act', client: 0 }, { is: 'beat', client: 1 }, { is: 'leave', client: 1 }, { is: 'wait', ms: 1_000 }, { is: 'beat', client: 2 },
    { is: 'beat', client: 0 }, { is: 'act', client: 2 }, { is: 'beat', client: 2 },
  ]
  const seen: { readonly end: number; readonly nowMs: number; readonly described: unknown; readonly clients: string }[] = []
  const look = ({ setting, clients }: Run, log: PartitionLog): void => {
    seen.push({ end: log.endOffset, nowMs: setting.clock.now(), described: describe(setting), clients: JSON.stringify(clients.map(({ epoch, held }) => [epoch, [...held]])) })
  }
  look(run, run.setting.log)
  for (const each of script) {
    await take(run, each)
    look(run, run.setting.log)
  }
  for (let at = 1; at <= script.length; at++) {
    const again = await begin('uniform')
    for (const each of script.slice(0, at)) await take(again, each)
    const disk = await logUpTo(run.setting.log, seen[at]?.end ?? 0)
    await again.setting.groups.stop()
    again.setting = await startGroups({ disk, clock: again.setting.clock })
    expect(describe(again.setting)).toEqual(seen[at]?.described)
    for (const [next, each] of script.slice(at).entries()) {
      await take(again, each)
      expect(describe(again.setting)).toEqual(seen[at + next + 1]?.described)
      expect(JSON.stringify(again.clients.map(({ epoch, held }) => [epoch, [...held]]))).toBe(seen[at + next + 1]?.clients)
    }
    await again.setting.groups.stop()
  }
  expect(Object.keys(owners(run.setting))).toEqual(['m0', 'm2'])
})
