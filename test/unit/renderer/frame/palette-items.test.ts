/** What the palette offers. */

import { expect, test } from 'vitest'
import type { GroupRow } from '../../../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../../../core/studio/contract/topics.ts'
import type { Command } from '../../../../renderer/commands.ts'
import { paletteItems, type PaletteSource } from '../../../../renderer/frame/palette-items.ts'

const topic = (name: string): TopicRow => ({
  topic: name,
  topicId: '',
  isInternal: name.startsWith('__'),
  partitionCount: 6,
  replicationFactor: 1,
  recordCount: 0n,
  sizeBytes: 0,
  inRecordsRate: 1240,
  inBytesRate: 0,
  history: [],
  retentionMs: -1n,
  cleanupPolicy: 'delete',
  readBy: [],
  recoveringCount: 0,
  offlineCount: 0,
  cutCount: 0, underReplicatedCount: 0, leaderlessCount: 0,
})
const group: GroupRow = {
  group: 'shipping',
  kind: 'classic',
  state: 'Stable',
  memberCount: 1,
  topics: ['orders'],
  lag: 18_402n,
  rate: 0,
  history: [],
  worst: null,
}
const command = (id: string, title: string, group: Command['group'], synonyms = ''): Command => ({
  id,
  title,
  group,
  synonyms,
  keys: ['g t'],
  perform() {},
})
const source: PaletteSource = {
  topics: [topic('orders'), topic('orders.retry'), topic('__consumer_offsets')],
  groups: [group],
  commands: [
    command('go.topics', 'Topics', 'Go to', 'list'),
    command('topics.create', 'New topic', 'Do', 'create add'),
    command('view.palette', 'Go to or do anything', 'View'),
  ],
}
const ids = (query: string): string[] => paletteItems(query, source).items.map(item => item.id)

test('without a query it offers screens, then things, then acts, and never itself', () => {
  expect(ids('')).toEqual(['go.topics', 'topic orders', 'topic orders.retry', 'group shipping', 'topics.create'])
})

test('a name finds the topic, groups that read it, and what can be done with it', () => {
  const { items, total } = paletteItems('ord', source)
  expect(items.map(({ id, title, note }) => ({ id, title, note }))).toEqual([
    { id: 'topic orders', title: 'orders', note: 'topic · 6 partitions · 1,240/s' },
    { id: 'topic orders.retry', title: 'orders.retry', note: 'topic · 6 partitions · 1,240/s' },
    { id: 'group shipping', title: 'shipping', note: 'group · reads orders · 18.4 k unread' },
    { id: 'produce orders', title: 'Produce to orders', note: '' },
    { id: 'produce orders.retry', title: 'Produce to orders.retry', note: '' },
  ])
  expect(items[3]?.matched).toEqual([11, 12, 13])
  expect(total).toBe(7)
})

test('a mark narrows to commands, topics or groups', () => {
  expect([ids('>new'), ids('#retry'), ids('@ship')]).toEqual([['topics.create'], ['topic orders.retry'], ['group shipping']])
})

test('a command is found by its other words, an internal topic by its underscore', () => {
  expect(ids('create')).toEqual(['topics.create'])
  expect(ids('__cons')).toContain('topic __consumer_offsets')
  expect(ids('cons')).not.toContain('topic __consumer_offsets')
})
