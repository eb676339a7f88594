/** The Topics list: filter, totals, and checks of a new topic. */

import { expect, test } from 'vitest'
import type { GroupRow } from '../../../../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../../../../core/studio/contract/topics.ts'
import {
  createInput,
  describeKept,
  describeReaders,
  filterTopics,
  nameProblem,
  partitionsProblem,
  readerTone,
  totalsOf,
  noticeOf,
} from '../../../../../renderer/features/topics/topics-state.ts'

const topic = (name: string, over: Partial<TopicRow> = {}): TopicRow => ({
  topic: name,
  topicId: '',
  isInternal: name.startsWith('__'),
  partitionCount: 3,
  replicationFactor: 1,
  recordCount: 10n,
  sizeBytes: 100,
  inRecordsRate: 2,
  inBytesRate: 20,
  history: [],
  retentionMs: 604_800_000n,
  cleanupPolicy: 'delete',
  readBy: [],
  recoveringCount: 0,
  offlineCount: 0,
  cutCount: 0, underReplicatedCount: 0, leaderlessCount: 0,
  ...over,
})
const topics = [topic('orders'), topic('orders.retry'), topic('payments'), topic('__consumer_offsets')]

test('every word of the filter must be in the name; internal topics only when asked for', () => {
  expect(filterTopics(topics, { find: 'RETRY ord', hasInternal: false }).map(row => row.topic)).toEqual(['orders.retry'])
  expect(filterTopics(topics, { find: '', hasInternal: false })).toHaveLength(3)
  expect(filterTopics(topics, { find: 'offsets', hasInternal: true }).map(row => row.topic)).toEqual(['__consumer_offsets'])
})

test('totals are of the user’s own topics', () => {
  expect(totalsOf(topics)).toEqual({ topics: 3, partitions: 9, sizeBytes: 300, inRate: 6, internal: 1 })
})

test('what is kept is said in words', () => {
  expect([
    describeKept(topic('a')),
    describeKept(topic('a', { cleanupPolicy: 'compact' })),
    describeKept(topic('a', { retentionMs: -1n })),
    describeKept(topic('a', { cleanupPolicy: 'compact,delete', retentionMs: 3_600_000n })),
  ]).toEqual(['delete 7 d', 'compact', 'for ever', 'compact, delete 1 h'])
})

test('the light shows the worst reader', () => {
  const group = (name: string, lag: bigint): [string, GroupRow] => [
    name,
    { group: name, kind: 'classic', state: 'Stable', memberCount: 1, topics: [], lag, rate: 1, history: [], worst: null },
  ]
  const groups = new Map([group('slow', 1000n), group('quick', 1n)])
  expect([
    readerTone(topic('a'), groups),
    readerTone(topic('a', { readBy: ['quick'] }), groups),
    readerTone(topic('a', { readBy: ['quick', 'slow'] }), groups),
  ]).toEqual([null, 'good', 'warn'])
  expect(describeReaders(['billing'])).toBe('1 group reads it and will fail or start over: billing.')
})

test('a name is checked by Kafka’s rules while it is typed', () => {
  const existing = new Set(['orders.retry'])
  expect(nameProblem('orders', existing)).toBeNull()
  expect(['', '..', 'a b', 'é', 'x'.repeat(250), 'orders.retry', 'orders_retry'].map(name => nameProblem(name, existing))).toEqual([
    'A topic needs a name.',
    '.. is not a topic name.',
    'A space is not allowed; use a-z A-Z 0-9 . _ -',
    '“é” is not allowed; use a-z A-Z 0-9 . _ -',
    '250 characters; 249 is the most.',
    'orders.retry exists already.',
    'It would collide with orders.retry: Kafka counts . and _ as the same in metrics.',
  ])
})

test('partitions are a whole number from 1 to 10,000', () => {
  expect(['1', '10000'].map(partitionsProblem)).toEqual([null, null])
  expect(['0', '-1', '1.5', '', '10001', '1e3'].map(partitionsProblem)).toEqual(
    Array.from({ length: 6 }, () => 'A whole number from 1 to 10,000.'),
  )
})

test('a new topic becomes Kafka’s configs', () => {
  expect(createInput({ topic: 'a', partitions: '3', keep: '1d', cleanup: 'delete' })).toEqual({
    topic: 'a',
    partitions: 3,
    configs: { 'cleanup.policy': 'delete', 'retention.ms': '86400000' },
  })
  expect(createInput({ topic: 'a', partitions: '3', keep: '1d', cleanup: 'delete', replicas: '2' })).toMatchObject({ replicationFactor: 2 })
  expect(createInput({ topic: 'a', partitions: '3', keep: '1d', cleanup: 'delete', replicas: '' })).not.toHaveProperty('replicationFactor')
  expect(createInput({ topic: 'a', partitions: '1', keep: '7d', cleanup: 'compact' }).configs).toEqual({ 'cleanup.policy': 'compact' })
})

test('what is the matter with partitions is the worst of it in a word, and all of it in the tip', () => {
  const calm = { offlineCount: 0, recoveringCount: 0, cutCount: 0, underReplicatedCount: 0, leaderlessCount: 0 }
  expect(noticeOf(calm, false)).toBeNull()
  expect(noticeOf({ ...calm, offlineCount: 1, recoveringCount: 2, cutCount: 1 }, false)).toEqual({
    tone: 'bad',
    word: '1 offline',
    tip: '1 partition: it takes no records. 2 partitions: each is checked after a stop that was not clean. 1 partition: it lost records when it was opened. Its partitions say more.',
  })
  expect([noticeOf({ ...calm, cutCount: 3 }, false)?.word, noticeOf({ ...calm, cutCount: 3 }, true)]).toEqual(['3 cut at start', null])
  expect(noticeOf({ ...calm, underReplicatedCount: 6, leaderlessCount: 1 }, false)).toMatchObject({ tone: 'bad', word: '1 no leader' })
})
