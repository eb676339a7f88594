import { expect, test } from 'vitest'
import { decodeGroupRecord, encodeGroupRecord } from '../../../core/groups/group-records.ts'
import type { ConsumerGroupRecord } from '../../../core/groups/stored.ts'

const topicId = 'AAECAwQFBgcICQoLDA0ODw'
const member = {
  instanceId: null, rackId: null, clientId: 'c', host: 'h', subscribedTopics: ['t'], subscribedRegex: null, rebalanceTimeoutMs: 1, serverAssignor: null,
}

/** The bytes of Apache Kafka 4.3.1 for the same values. */
test.each<[string, ConsumerGroupRecord, string, string | null]>([
  ['a group', { is: 'consumer-group', groupId: 'g', value: { epoch: 7, metadataHash: -2n } }, '0003000167', '000000000007010008fffffffffffffffe'],
  ['a group without topics', { is: 'consumer-group', groupId: 'g', value: { epoch: 7, metadataHash: 0n } }, '0003000167', '00000000000700'],
  ['a member', { is: 'consumer-member', groupId: 'g', memberId: 'm', value: { ...member, classic: null } }, '000500016700016d', '000000000263026802027400000000010001000100'],
  [
    'a member of the classic protocol',
    { is: 'consumer-member', groupId: 'g', memberId: 'm', value: { ...member, classic: { sessionTimeoutMs: 5, protocols: [{ name: 'p', metadata: Buffer.from('m') }] } } },
    '000500016700016d', '000000000263026802027400000000010001000c0100000005020270026d0000',
  ],
  ['a target', { is: 'target', groupId: 'g', value: { epoch: 3, timestampMs: 258 } }, '0006000167', '0000000000030100080000000000000102'],
  [
    'what a member shall own', { is: 'target-member', groupId: 'g', memberId: 'm', value: new Map([[topicId, [0, 2]]]) },
    '000700016700016d', '000002000102030405060708090a0b0c0d0e0f0300000000000000020000',
  ],
  [
    'what a member owns',
    {
      is: 'current', groupId: 'g', memberId: 'm',
      value: { epoch: 3, previousEpoch: 2, state: 'unrevoked-partitions', assigned: new Map([[topicId, new Map([[1, 2]])]]), pendingRevocation: new Map() },
    },
    '000800016700016d', '000000000003000000020102000102030405060708090a0b0c0d0e0f020000000101000502000000020100',
  ],
  [
    'a pattern', { is: 'regex', groupId: 'g', regex: 'a.*', value: { topics: ['a', 'ab'], version: 1, timestampMs: 2 } },
    '00100001670003612e2a', '00000302610361620000000000000001000000000000000200',
  ],
  ['a tombstone', { is: 'current', groupId: 'g', memberId: 'm', value: null }, '000800016700016d', null],
  ['a tombstone of what older brokers kept', { is: 'consumer-topics', groupId: 'g', value: null }, '0004000167', null],
])('%s has the bytes of Kafka, and reads', (_, record, key, value) => {
  const encoded = encodeGroupRecord(record)
  expect([encoded.key.toString('hex'), encoded.value?.toString('hex') ?? null]).toEqual([key, value])
  expect(decodeGroupRecord(encoded.key, encoded.value)).toEqual(record)
})

test('partitions without a word on when they were handed out count from the member\'s epoch', () => {
  const key = Buffer.from('000800016700016d', 'hex')
  const value = Buffer.from(['0000', '00000003', '00000002', '00', '02', '000102030405060708090a0b0c0d0e0f', '02', '00000001', '00', '01', '00'].join(''), 'hex')
  expect(decodeGroupRecord(key, value)).toMatchObject({ value: { assigned: new Map([[topicId, new Map([[1, 3]])]]), state: 'stable' } })
})

test('a state that a newer broker wrote is one we do not know', () => {
  const key = Buffer.from('000800016700016d', 'hex')
  expect(decodeGroupRecord(key, Buffer.from('0000000000030000000209010100', 'hex'))).toMatchObject({ value: { state: 'unknown' } })
})
