import { expect, test } from 'vitest'
import { decodeGroupRecord, encodeGroupRecord } from '../../../core/groups/group-records.ts'
import type { CommittedOffset, GroupRecord, StoredGroup } from '../../../core/groups/stored.ts'

const group: StoredGroup = {
  protocolType: 'consumer', generation: 7, protocol: 'range', leaderId: 'm1', stateTimestampMs: 1_700_000_000_123,
  members: [{
    memberId: 'm1', instanceId: 'i1', clientId: 'c', host: '/127.0.0.1', rebalanceTimeoutMs: 300_000, sessionTimeoutMs: 45_000,
    subscription: Buffer.from('what it reads'), assignment: Buffer.from('what it got'),
  }],
}
const committed: CommittedOffset = {
  offset: 42, leaderEpoch: 3, metadata: 'm', commitTimestampMs: 1_700_000_000_456, expireTimestampMs: null, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
}

const there = (record: GroupRecord): GroupRecord | undefined => {
  const { key, value } = encodeGroupRecord(record)
  return decodeGroupRecord(key, value)
}

test('a group, its tombstone, an offset and its tombstone come back as they went', () => {
  const records: GroupRecord[] = [
    { is: 'group', groupId: 'g', value: group },
    { is: 'group', groupId: 'g', value: { protocolType: null, generation: 0, protocol: null, leaderId: null, stateTimestampMs: null, members: [] } },
    { is: 'group', groupId: 'g', value: null },
    { is: 'offset', groupId: 'g', topic: 't', partition: 5, value: committed },
    { is: 'offset', groupId: 'g', topic: 't', partition: 5, value: { ...committed, topicId: null } },
    { is: 'offset', groupId: 'g', topic: 't', partition: 5, value: null },
  ]
  expect(records.map(there)).toEqual(records)
})

test('an offset with an expiry of its own is stored in the one version that has it, without epoch and topic id', () => {
  expect(there({ is: 'offset', groupId: 'g', topic: 't', partition: 0, value: { ...committed, expireTimestampMs: 1_700_000_001_000 } }))
    .toEqual({ is: 'offset', groupId: 'g', topic: 't', partition: 0, value: { ...committed, expireTimestampMs: 1_700_000_001_000, leaderEpoch: -1, topicId: null } })
})

test('keys and values are the bytes Kafka writes', () => {
  const { key, value } = encodeGroupRecord({ is: 'offset', groupId: 'g1', topic: 'orders', partition: 2, value: { ...committed, metadata: '', topicId: null } })
  expect(key.toString('hex')).toBe(['0001', '0002', hex('g1'), '0006', hex('orders'), '00000002'].join(''))
  expect(value?.toString('hex')).toBe(['0004', '000000000000002a', '00000003', '01', (1_700_000_000_456).toString(16).padStart(16, '0'), '00'].join(''))
  const empty = encodeGroupRecord({ is: 'group', groupId: 'g1', value: { ...group, protocolType: null, protocol: null, leaderId: null, members: [] } })
  expect(empty.key.toString('hex')).toBe(['0002', '0002', hex('g1')].join(''))
  expect(empty.value?.toString('hex')).toBe(['0003', '0000', '00000007', 'ffff', 'ffff', (1_700_000_000_123).toString(16).padStart(16, '0'), '00000000'].join(''))
})

test('the key of the oldest format reads, and records of other kinds of groups are passed over', () => {
  const { key, value } = encodeGroupRecord({ is: 'offset', groupId: 'g', topic: 't', partition: 5, value: committed })
  key.writeInt16BE(0)
  expect(decodeGroupRecord(key, value)).toEqual({ is: 'offset', groupId: 'g', topic: 't', partition: 5, value: committed })
  // A share group's.
  key.writeInt16BE(11)
  expect(decodeGroupRecord(key, value)).toBeUndefined()
})

test('what was decoded does not hang on the buffer it was read from', () => {
  const { key, value } = encodeGroupRecord({ is: 'group', groupId: 'g', value: group })
  const decoded = decodeGroupRecord(key, value)
  key.fill(0)
  value?.fill(0)
  expect(decoded).toEqual({ is: 'group', groupId: 'g', value: group })
})

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
