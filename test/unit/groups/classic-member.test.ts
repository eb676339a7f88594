import { expect, test } from 'vitest'
import { votedProtocol } from '../../../core/groups/classic-member.ts'
import { assignedTopicsOf, subscribedTopicsOf } from '../../../core/groups/embedded-protocol.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../core/protocol/consumer-protocol.ts'

const supporting = (...names: string[]): Map<string, Buffer> => new Map(names.map(name => [name, Buffer.alloc(0)]))

test('members vote for the first of their protocols that all support, and most votes win', () => {
  expect(votedProtocol([supporting('range', 'roundrobin'), supporting('roundrobin', 'range'), supporting('sticky', 'roundrobin', 'range')])).toBe('roundrobin')
  expect(votedProtocol([supporting('range', 'sticky'), supporting('sticky')])).toBe('sticky')
  expect(votedProtocol([supporting('a', 'b'), supporting('b', 'a')])).toBe('a')
  expect(votedProtocol([supporting('range'), supporting('sticky')])).toBeNull()
})

test('subscriptions and assignments are read where they can be, whatever a member wrote', () => {
  const subscription = consumerProtocolSubscription.encode({ topics: ['a', 'b'], userData: null, ownedPartitions: [], generationId: 1, rackId: null })
  const newer = Buffer.from(subscription)
  newer.writeInt16BE(9)
  expect(subscribedTopicsOf([subscription, newer])).toEqual(new Set(['a', 'b']))
  expect(subscribedTopicsOf([subscription, Buffer.from('nonsense')])).toBeNull()
  const assignment = consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 'a', partitions: [0, 2] }], userData: null })
  expect(assignedTopicsOf(assignment)).toEqual([{ topic: 'a', partitions: [0, 2] }])
  expect([Buffer.alloc(0), Buffer.from([0]), assignment.subarray(0, 7), Buffer.alloc(40, 0xff)].map(assignedTopicsOf)).toEqual([[], [], [], []])
})
