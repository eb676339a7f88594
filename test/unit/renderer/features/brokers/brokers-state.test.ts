/** Who is up, and what a stop would cost. */

import { expect, test } from 'vitest'
import type { BrokerRow } from '../../../../../core/studio/contract/brokers.ts'
import { consequences, headline, trouble } from '../../../../../renderer/features/brokers/brokers-state.ts'

const broker = (id: number, change: Partial<BrokerRow> = {}): BrokerRow => ({
  id, rack: null, isUp: true, isController: id === 1, addresses: [`127.0.0.1:${9091 + id}`], leaderCount: 4, replicaCount: 9, outOfSyncCount: 0, offlineCount: 0, soleCount: 0, missedCount: 0,
  connectionCount: 2, groupCount: 1, transactionalIdCount: 0, stopProblem: null, ...change,
})

test('the first line says who is up, and what nobody leads', () => {
  const down = broker(2, { isUp: false })
  expect([headline([broker(1), broker(2)]), headline([broker(1)]), headline([broker(1), down])]).toEqual(['All 2 are up', 'The only one is up', '1 of 2 are up'])
  expect([trouble([broker(1)]), trouble([broker(1), down]), trouble([broker(1), { ...down, offlineCount: 1 }, broker(3, { isUp: false, offlineCount: 4 })])]).toEqual([
    null, 'broker 2 is down', 'brokers 2, 3 are down: 4 partitions have no leader',
  ])
})

test('a stop is told with its figures before it is done', () => {
  expect(consequences(broker(2, { soleCount: 1, transactionalIdCount: 2 }))).toEqual([
    '2 connections to it end; clients find the others by themselves.',
    '3 partitions it leads go to another broker in sync, with a higher leader epoch.',
    'Another coordinates its 1 group and 2 transactional ids.',
    '1 partition only it holds in sync has no leader until it is back.',
    'No record is lost: all brokers share one store. Broker 2 starts again at the same ports.',
  ])
  expect(consequences(broker(2, { connectionCount: 0, leaderCount: 0, groupCount: 0 }))).toEqual([
    'Nobody is connected to it.', 'It leads nothing that another could lead.', 'No record is lost: all brokers share one store. Broker 2 starts again at the same ports.',
  ])
})
