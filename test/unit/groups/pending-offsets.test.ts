/** Offsets committed in transactions (KIP-98): pending until the marker, whatever comes between, restarts too. */

import { expect, test } from 'vitest'
import { seededRandom } from '../../../core/common/random.ts'
import type { GroupCoordinator } from '../../../core/groups/group-coordinator.ts'
import type { TransactionalCommitRequest } from '../../../core/groups/offset-commit.ts'
import { committing, errorOf, joinDynamic, stableGroup, startGroups, type Setting } from './fixture.ts'

const PARTITION = 0
const DAY_MS = 86_400_000

function inTransaction(offset: number, more: Partial<TransactionalCommitRequest> = {}): TransactionalCommitRequest {
  const topics = [{ topic: 'orders', partitions: [{ partition: 0, offset, leaderEpoch: 0, metadata: null }] }]
  return { ...committing(), canNameMissingGroup: false, topics, producer: { producerId: 7, producerEpoch: 0 }, ...more }
}

function commit({ groups }: Setting, offset: number, more: Partial<TransactionalCommitRequest> = {}): string | undefined {
  return errorOf(groups.commitInTransaction(inTransaction(offset, more)))
}

function end({ groups }: Setting, isAbort: boolean, o: { producerId?: number; producerEpoch?: number; coordinatorEpoch?: number; transactionVersion?: number } = {}): string {
  return groups.completeTransaction(PARTITION, { producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, transactionVersion: 0, ...o, isAbort })
}

function fetched(groups: GroupCoordinator, requireStable = false): number | string | undefined {
  const [partition] = groups.fetchOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [0] }], requireStable }).topics[0]?.partitions ?? []
  return partition?.error ?? partition?.offset
}

const all = (groups: GroupCoordinator, requireStable: boolean) => groups.fetchOffsets({ groupId: 'g', topics: null, requireStable }).topics

test('offsets of a transaction are invisible until it is committed, and block who asks for stable ones', async () => {
  const setting = await startGroups()
  const { groups } = setting
  groups.commit(committing())
  expect(commit(setting, 12)).toBe('NONE')
  expect([fetched(groups), fetched(groups, true)]).toEqual([7, 'UNSTABLE_OFFSET_COMMIT'])
  expect(all(groups, true)).toEqual([{ topic: 'orders', partitions: [{ partition: 0, offset: -1, leaderEpoch: -1, metadata: '', error: 'UNSTABLE_OFFSET_COMMIT' }] }])
  expect(end(setting, false)).toBe('NONE')
  expect([fetched(groups), fetched(groups, true)]).toEqual([12, 12])
})

test('an abort drops them, and what was committed before stands', async () => {
  const setting = await startGroups()
  const { groups } = setting
  groups.commit(committing())
  commit(setting, 12)
  expect(end(setting, true)).toBe('NONE')
  expect([fetched(groups), fetched(groups, true)]).toEqual([7, 7])
})

test('a group that only a transaction has committed to is there, with nothing to fetch yet', async () => {
  const setting = await startGroups()
  commit(setting, 12)
  expect([setting.groups.group('g')?.state, fetched(setting.groups), all(setting.groups, true)]).toEqual(['Empty', -1, []])
  end(setting, false)
  expect(fetched(setting.groups)).toBe(12)
})

test('of two transactions and a plain commit the last record counts, in whatever order they end', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const other = { producer: { producerId: 8, producerEpoch: 0 } }
  commit(setting, 10)
  commit(setting, 20, other)
  end(setting, false, { producerId: 8 })
  expect([fetched(groups), fetched(groups, true)]).toEqual([20, 'UNSTABLE_OFFSET_COMMIT'])
  end(setting, false)
  expect(fetched(groups, true)).toBe(20)
  commit(setting, 30)
  groups.commit(committing({ topics: inTransaction(25).topics }))
  end(setting, false)
  expect(fetched(groups, true)).toBe(25)
  commit(setting, 40)
  commit(setting, 41)
  end(setting, false)
  expect(fetched(groups, true)).toBe(41)
})

test('a restart keeps what is pending pending, and what markers decided decided', async () => {
  let setting = await startGroups()
  setting.groups.commit(committing())
  commit(setting, 12)
  setting = await setting.restart()
  expect([fetched(setting.groups), fetched(setting.groups, true)]).toEqual([7, 'UNSTABLE_OFFSET_COMMIT'])
  end(setting, false)
  commit(setting, 50)
  end(setting, true)
  setting = await setting.restart()
  expect(fetched(setting.groups, true)).toBe(12)
})

test('a partition that is unloaded takes what is pending with it, and the log brings it back', async () => {
  const setting = await startGroups()
  const { groups } = setting
  commit(setting, 12)
  groups.unload(PARTITION)
  expect(end(setting, false)).toBe('NOT_COORDINATOR')
  await groups.load(PARTITION)
  expect(fetched(groups, true)).toBe('UNSTABLE_OFFSET_COMMIT')
  end(setting, false)
  expect(fetched(groups, true)).toBe(12)
})

test('a group deleted in the middle of a transaction loses its pending offsets for good', async () => {
  let setting = await startGroups()
  commit(setting, 12)
  expect(setting.groups.delete(['g'])).toEqual([{ groupId: 'g', error: 'NONE' }])
  end(setting, false)
  expect(setting.groups.group('g')).toBeUndefined()
  setting = await setting.restart()
  expect([setting.groups.group('g'), fetched(setting.groups)]).toEqual([undefined, -1])
})

test('an administrator who deletes the offset takes the pending one too', async () => {
  const setting = await startGroups()
  commit(setting, 12)
  setting.groups.deleteOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [0] }] })
  expect(fetched(setting.groups, true)).toBe(-1)
  end(setting, false)
  expect(fetched(setting.groups)).toBe(-1)
})

test('nothing expires that a transaction may yet change, nor the group it stands in', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.commit(committing())
  commit(setting, 12)
  clock.advance(8 * DAY_MS)
  expect(fetched(groups)).toBe(7)
  end(setting, true)
  clock.advance(DAY_MS)
  expect([fetched(groups), groups.group('g')]).toEqual([-1, undefined])
})

test('member and generation are looked at when they are sent; a rebalance does not hold the commit up', async () => {
  const setting = await startGroups()
  const [memberId = ''] = await stableGroup(setting, 1)
  expect(commit(setting, 1, { memberId, generation: 1 })).toBe('NONE')
  expect(commit(setting, 1)).toBe('NONE')
  expect(commit(setting, 1, { memberId, generation: 2 })).toBe('ILLEGAL_GENERATION')
  expect(commit(setting, 1, { memberId: 'x', generation: 1 })).toBe('UNKNOWN_MEMBER_ID')
  expect(commit(setting, 1, { memberId, instanceId: 'i', generation: 1 })).toBe('UNKNOWN_MEMBER_ID')
  expect(commit(setting, 1, { groupId: 'nobody', memberId: 'x', generation: 1 })).toBe('ILLEGAL_GENERATION')
  expect(commit(setting, 1, { groupId: '' })).toBe('INVALID_GROUP_ID')
  const { groups } = setting
  await joinDynamic(setting)
  expect(groups.group('g')?.state).toBe('PreparingRebalance')
  expect(commit(setting, 1, { memberId, generation: 1 })).toBe('NONE')
})

test('a commit between join and sync is taken in a transaction, and refused outside of one', async () => {
  const setting = await startGroups()
  const { memberId, join } = await joinDynamic(setting)
  setting.clock.advance(0)
  await join.done
  expect(setting.groups.group('g')?.state).toBe('CompletingRebalance')
  expect(errorOf(setting.groups.commit(committing({ memberId, generation: 1 })))).toBe('REBALANCE_IN_PROGRESS')
  expect(commit(setting, 1, { memberId, generation: 1 })).toBe('NONE')
})

test('an older epoch of the producer is refused, in commits and in markers, and an older coordinator', async () => {
  const setting = await startGroups()
  commit(setting, 1, { producer: { producerId: 7, producerEpoch: 3 } })
  expect(commit(setting, 2, { producer: { producerId: 7, producerEpoch: 2 } })).toBe('INVALID_PRODUCER_EPOCH')
  expect(end(setting, true, { producerEpoch: 2 })).toBe('INVALID_PRODUCER_EPOCH')
  expect(end(setting, false, { producerEpoch: 3, coordinatorEpoch: 5 })).toBe('NONE')
  expect(end(setting, false, { producerEpoch: 3, coordinatorEpoch: 4 })).toBe('TRANSACTION_COORDINATOR_FENCED')
  expect(fetched(setting.groups)).toBe(1)
})

test('a commit that the end of its transaction has overtaken is refused', async () => {
  const setting = await startGroups()
  const verification = { verifiedAt: setting.log.endOffset, startsAtZero: false }
  end(setting, true)
  expect(commit(setting, 1, { producer: { producerId: 7, producerEpoch: 0, verification } })).toBe('INVALID_TXN_STATE')
})

/** What is committed, by the rule alone: of a key the last record counts among those outside of transactions and those of transactions that were committed. */
class Model {
  #records: { readonly at: number; readonly key: string; readonly offset: number | null; producer: number | 'none' | 'aborted' }[] = []

  write(key: string, offset: number | null, producer: number | 'none' = 'none'): void {
    // A tombstone takes what is pending with it, whatever becomes of the transaction.
    if (offset === null) this.#records = this.#records.filter(record => record.key !== key || record.producer === 'none')
    this.#records.push({ at: this.#records.length, key, offset, producer })
  }

  end(producer: number, isAbort: boolean): void {
    for (const record of this.#records) if (record.producer === producer) record.producer = isAbort ? 'aborted' : 'none'
  }

  offset(key: string): number {
    return this.#records.findLast(record => record.key === key && record.producer === 'none')?.offset ?? -1
  }

  isStable(key: string): boolean {
    return !this.#records.some(record => record.key === key && typeof record.producer === 'number')
  }
}

test.each([1, 2, 3, 4])('whatever is committed, ended, deleted and started again, groups know what a simple model knows (seed %i)', async seed => {
  const random = seededRandom(seed)
  const pick = (count: number): number => (random.bytes(1)[0] ?? 0) % count
  let setting = await startGroups()
  const model = new Model()
  for (let step = 0; step < 400; step++) {
    const partition = pick(3)
    const key = String(partition)
    const producerId = 7 + pick(3)
    const topics = [{ topic: 'orders', partitions: [{ partition, offset: step, leaderEpoch: 0, metadata: null }] }]
    const { groups } = setting
    const what = pick(12)
    if (what < 5) {
      expect(commit(setting, step, { topics, producer: { producerId, producerEpoch: 0 } })).toBe('NONE')
      model.write(key, step, producerId)
    } else if (what < 7) {
      expect(errorOf(groups.commit(committing({ topics })))).toBe('NONE')
      model.write(key, step)
    } else if (what < 10) {
      const isAbort = pick(2) === 0
      expect(end(setting, isAbort, { producerId })).toBe('NONE')
      model.end(producerId, isAbort)
    } else if (what === 10 && groups.group('g')) {
      groups.deleteOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [partition] }] })
      model.write(key, null)
    } else if (what === 11) {
      setting = await setting.restart()
    }
    for (const index of [0, 1, 2]) {
      const [any, stable] = [false, true].map(requireStable => setting.groups.fetchOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [index] }], requireStable }).topics[0]?.partitions[0])
      expect([step, index, any?.offset, stable?.error === undefined]).toEqual([step, index, model.offset(String(index)), model.isStable(String(index))])
    }
  }
})
