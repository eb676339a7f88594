/** Where partitions go: leaders round the brokers, followers over racks, and what becomes of them when the brokers change. */

import { expect, test } from 'vitest'
import { NO_LEADER, Placement } from '../../../core/broker/placement.ts'

const placed = (racks: (string | null)[], defaultReplicas = 1) => new Placement(racks.map((rack, at) => ({ id: at + 1, rack })), () => defaultReplicas)
const topic = (name: string, isInternal = false) => ({ name, isInternal })

test('each broker leads as many partitions of a topic as any other, and topics do not all begin at the same one', () => {
  const placement = placed([null, null, null])
  const leaders = Array.from({ length: 12 }, (_, at) => placement.spread('orders', at, 2)[0])
  for (const id of [1, 2, 3]) expect(leaders.filter(leader => leader === id)).toHaveLength(4)
  expect(new Set(Array.from({ length: 30 }, (_, at) => placement.spread(`topic-${at}`, 0, 1)[0]))).toEqual(new Set([1, 2, 3]))
})

test('the second brokers of what one leads are spread over the others', () => {
  const placement = placed([null, null, null])
  const seconds = Array.from({ length: 12 }, (_, at) => placement.spread('orders', at, 2)).filter(([leader]) => leader === 1).map(([, second]) => second)
  expect(new Set(seconds)).toEqual(new Set([2, 3]))
})

test('two brokers of one rack hold a partition only when there are no more racks', () => {
  const placement = placed(['a', 'a', 'b', 'b', 'c', 'c'])
  const rackOf = (id: number) => placement.rackOf(id)
  for (let at = 0; at < 20; at++) {
    expect(new Set(placement.spread('orders', at, 3).map(rackOf)).size).toBe(3)
    const five = placement.spread('orders', at, 5)
    expect(new Set(five).size).toBe(5)
    expect(new Set(five.map(rackOf)).size).toBe(3)
  }
})

test('brokers that are down hold a partition only when the others are too few, and lead none', () => {
  const placement = placed([null, null, null])
  placement.setUp(1, false)
  for (let at = 0; at < 6; at++) {
    expect(placement.spread('orders', at, 2)).not.toContain(1)
    const three = placement.spread('orders', at, 3)
    expect([three.length, three.indexOf(1)]).toEqual([3, 2])
    expect(placement.standing(three)).toEqual({ leader: three[0], replicas: three, isr: three.slice(0, 2) })
  }
  expect(placement.standing([1])).toEqual({ leader: NO_LEADER, replicas: [1], isr: [1] })
})

test('what was stored holds, without brokers that are no more; what was not is spread with the default of replicas', () => {
  const placement = placed([null, null, null], 2)
  expect(placement.replicasOf(topic('orders'), 0, [3, 1])).toEqual([3, 1])
  expect(placement.replicasOf(topic('orders'), 0, [5, 2, 4])).toEqual([2])
  expect(placement.replicasOf(topic('orders'), 0, [5, 4])).toHaveLength(2)
  expect(placement.replicasOf(topic('orders'), 0)).toHaveLength(2)
  expect(placement.replicasOf(topic('__consumer_offsets', true), 0)).toHaveLength(3)
  expect(placed([null]).replicasOf(topic('orders'), 0, [5, 4])).toEqual([1])
})
