/** What the Overview says. */

import { expect, test } from 'vitest'
import type { GroupRow } from '../../../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../../../core/studio/contract/local.ts'
import { findingsOf, headline, isLoopbackOnly, whoCanConnect } from '../../../../../renderer/features/overview/overview-state.ts'

const status: LocalStatus = {
  state: 'listening',
  reason: null,
  address: '127.0.0.1:9092',
  addresses: ['127.0.0.1:9092', '[::1]:9092'],
  portTaken: null,
  version: '0.1.0',
  clusterId: 'c',
  brokerCount: 1, brokersUp: 1, nextBrokerCount: null, transactionalIdCount: 0, openTransactionCount: 0,
  startedAt: 0,
  startTookMs: 61,
  dataFolder: '/data',
  isTemporary: false,
  recovering: 0,
  partitionCount: 6,
  offline: { count: 0, first: [] },
  cut: { count: 0, bytes: 0, first: [] },
  damaged: { count: 0, first: [] },
  durableAcks: false,
  ownFlushTopicCount: 0,
  upkeep: { retentionCheckIntervalMs: 300_000, isCompacting: true, cleanerBackoffMs: 15_000, cleanerBytesPerSecond: null },
  topicCount: 1,
  groupCount: 2,
  connectionCount: 1,
  inRate: { records: 10, bytes: 100 },
  outRate: { records: 10, bytes: 100 },
  diskUsedBytes: 1,
  diskFreeBytes: 50e9,
}
const group = (name: string, over: Partial<GroupRow> = {}): GroupRow => ({
  group: name,
  kind: 'classic',
  state: 'Stable',
  memberCount: 1,
  topics: ['orders'],
  lag: 0n,
  rate: 10,
  history: [],
  worst: null,
  ...over,
})
const slow = group('shipping', { lag: 18_402n, rate: 370, worst: { topic: 'orders', partition: 2, lag: 9204n } })
const dead = group('old', { state: 'Empty', memberCount: 0, lag: 5n, rate: 0, history: [5, 5, 5] })

test('nothing needs anyone while groups keep up', () => {
  expect(findingsOf(status, [group('billing')])).toEqual([])
})

test('a group behind is a finding with its figures, its worst partition and its pace', () => {
  const [finding, other] = findingsOf(status, [dead, slow])
  expect(finding).toEqual({
    id: 'group shipping',
    tone: 'warn',
    subject: { name: 'shipping', place: { at: 'group', group: 'shipping', tab: 'lag' } },
    what: 'is 18,402 records behind',
    detail: 'most of it on orders-2; reads 370/s: 50 s of work.',
    action: { label: 'Show its lag', place: { at: 'group', group: 'shipping', tab: 'lag' } },
  })
  expect(other?.detail).toBe('it has no members.')
})

test('a broker that does not listen, a full disk and recovery come before groups, and five is the most', () => {
  const bad = { ...status, state: 'failed' as const, reason: 'Port 9092 is taken.', diskFreeBytes: 5e8, recovering: 3 }
  expect(
    findingsOf(
      bad,
      Array.from({ length: 9 }, (_, index) => ({ ...slow, group: `g${index}` })),
    ).map(({ id }) => id),
  ).toEqual(['state', 'disk', 'recovering', 'group g0', 'group g1'])
})

test('brokers that are down and transactions that others wait for are findings', () => {
  const row = {
    transactionalId: 'copier', state: 'Ongoing', producerId: 7n, producerEpoch: 0, timeoutMs: 60_000, startedAt: 0, updatedAt: 0, partitionCount: 1,
    partitions: [{ topic: 'orders', partition: 2, heldBack: 40n }], heldBack: 40n, coordinator: 1,
  }
  expect(findingsOf(status, [], { transactions: [row, { ...row, startedAt: 50_000 }], now: 51_000 })).toMatchObject([
    { subject: { name: 'copier' }, what: 'has a transaction open for 51 s', detail: 'readers of committed records wait for it on orders-2: 40 records; it is close to its timeout and will be aborted.' },
  ])
  expect(findingsOf({ ...status, brokerCount: 3, brokersUp: 2 }, [])).toMatchObject([{ tone: 'warn', subject: { name: '1 of 3 brokers', place: { at: 'brokers' } }, what: 'is down', detail: '' }])
})

test('the first sentence says what moves and who is behind', () => {
  const still = { records: 0, bytes: 0 }
  const quiet = { ...status, inRate: still, outRate: still }
  expect([
    headline(status, [group('a')]),
    headline(status, [slow, group('a')]),
    headline({ ...status, outRate: still }, []),
    headline({ ...status, inRate: still }, []),
    headline(quiet, []),
  ]).toEqual([
    { lead: 'Everything moves.', behind: null },
    { lead: 'Records move.', behind: '1 of 2 groups is behind' },
    { lead: 'Records come in and nobody reads them.', behind: null },
    { lead: 'Records are read and none come in.', behind: null },
    { lead: 'Nothing moves right now.', behind: null },
  ])
})

test('who can connect follows from the addresses', () => {
  expect(isLoopbackOnly(['127.0.0.1:9092', '[::1]:9092', 'localhost:9092'])).toBe(true)
  expect(isLoopbackOnly(['127.0.0.1:9092', '192.168.1.4:9092'])).toBe(false)
  expect(whoCanConnect(['127.0.0.1:9092'])).toContain('any program on this computer can connect, and nothing outside it')
  expect(whoCanConnect(['127.0.0.1:9092', 'host.docker.internal:29092'])).toContain('any program that can reach host.docker.internal:29092 over')
  expect(whoCanConnect(['192.168.1.4:9092'])).toContain('any program that can reach 192.168.1.4:9092 over the network can connect')
})

test('damaged records are told with their offsets', () => {
  const place = { topic: 'orders', partition: 2, fromOffset: 5n, toOffset: 10n }
  const [one] = findingsOf({ ...status, damaged: { count: 1, first: [place] } }, [])
  expect(one).toMatchObject({ id: 'damaged', tone: 'bad', subject: { name: 'orders-2' }, detail: expect.stringMatching(/^Offsets 5 to 9 cannot be read/) })
  expect(findingsOf({ ...status, damaged: { count: 4, first: [place] } }, [])[0]?.detail).toContain('3 other places')
})

test('what needs someone of the disks comes first, and what a start cut can be put away', () => {
  const trouble: LocalStatus = {
    ...status,
    recovering: 2,
    offline: { count: 1, first: [{ topic: 'orders', partition: 1, reason: 'ENOSPC: no space left on device, write' }] },
    cut: { count: 1, bytes: 1234, first: [{ topic: 'orders', partition: 3, hasVanished: false, cutBytes: 1234, cutOffset: 567n, setAside: '/aside' }] },
  }
  const found = findingsOf(trouble, [])
  expect(found.map(({ id, tone, what }) => [id, tone, what])).toEqual([
    ['offline', 'bad', 'takes no records'],
    ['recovering', 'warn', '2 of 6 partitions recovering'],
    ['cut', 'warn', 'was cut at the last start'],
  ])
  expect(found[0]).toMatchObject({ detail: expect.stringMatching(/^The disk is full.*ENOSPC/), action: { place: { tab: 'partitions', partition: 1 } } })
  expect(found[2]).toMatchObject({ canDismiss: true, detail: '1,234 B from offset 567 on were not as they were written and are kept in /aside.' })
  expect(findingsOf(trouble, [], { isCutDismissed: true }).map(({ id }) => id)).toEqual(['offline', 'recovering'])
  const many: LocalStatus = { ...trouble, offline: { ...trouble.offline, count: 7 }, cut: { ...trouble.cut, count: 3, bytes: 4000 } }
  expect(findingsOf(many, []).map(({ what }) => what)).toEqual(['7 partitions take no records', '2 of 6 partitions recovering', '3 partitions lost records at the last start'])
})
