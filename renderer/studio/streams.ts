/** The streams that screens read. Every reader of one shares its subscription. */

import type { GroupDetail, GroupRow } from '../../core/studio/contract/groups.ts'
import type { ClientRow, EngineEvent, LocalStatus, RatePoint } from '../../core/studio/contract/local.ts'
import type { PartitionDetail, TopicDetail, TopicRow } from '../../core/studio/contract/topics.ts'
import type { BrokerRow } from '../../core/studio/contract/brokers.ts'
import type { TransactionRow } from '../../core/studio/contract/transactions.ts'
import { latest, list, type LiveStream } from './live.ts'

type None = Readonly<Record<string, never>>

export const statusStream = latest<None, LocalStatus>('local.status', (client, input, handlers) =>
  client.local.status.subscribe(input, handlers),
)
export const clientsStream = list<None, ClientRow>(
  'local.clients',
  row => row.key,
  (client, input, handlers) => client.local.clients.subscribe(input, handlers),
)

const EVENTS_KEPT = 100
/** The last 100 events, oldest first. */
export const eventsStream: LiveStream<None, readonly EngineEvent[], readonly EngineEvent[]> = {
  id: 'local.events',
  open: (client, input, handlers) => client.local.events.subscribe(input, handlers),
  fold: (events, item) => [...(events ?? []), ...item].slice(-EVENTS_KEPT),
}

const RATES_KEPT = 900
/** One point a second of the last 15 minutes, oldest first. */
export const ratesStream: LiveStream<None, readonly RatePoint[], readonly RatePoint[]> = {
  id: 'local.rates',
  open: (client, input, handlers) => client.local.rates.subscribe(input, handlers),
  fold: (points, item) => [...(points ?? []), ...item].slice(-RATES_KEPT),
}

export const topicsStream = list<None, TopicRow>(
  'topics.list',
  row => row.topic,
  (client, input, handlers) => client.topics.list.subscribe(input, handlers),
)
export const topicStream = latest<{ readonly topic: string }, TopicDetail>('topics.detail', (client, input, handlers) =>
  client.topics.detail.subscribe(input, handlers),
)
export const partitionStream = latest<{ readonly topic: string; readonly partition: number }, PartitionDetail>(
  'topics.partition',
  (client, input, handlers) => client.topics.partition.subscribe(input, handlers),
)
export const groupsStream = list<None, GroupRow>(
  'groups.list',
  row => row.group,
  (client, input, handlers) => client.groups.list.subscribe(input, handlers),
)
export const groupStream = latest<{ readonly group: string }, GroupDetail>('groups.detail', (client, input, handlers) =>
  client.groups.detail.subscribe(input, handlers),
)
export const transactionsStream = list<None, TransactionRow>(
  'transactions.list',
  row => row.transactionalId,
  (client, input, handlers) => client.transactions.list.subscribe(input, handlers),
)
export const brokersStream = list<None, BrokerRow>(
  'brokers.list',
  row => String(row.id),
  (client, input, handlers) => client.brokers.list.subscribe(input, handlers),
)
