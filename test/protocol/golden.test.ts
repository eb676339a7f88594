/** Messages written out byte by byte from the protocol guide: ours are the same, and read back as what they say. */

import { expect, test } from 'vitest'
import { apiVersions, deleteRecords, fetch, initProducerId, joinGroup, listOffsets, metadata, offsetFetch, produce } from '../../core/protocol/apis/index.ts'
import { consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import { groupMetadataKey, groupMetadataValue, offsetCommitKey, offsetCommitValue } from '../../core/protocol/coordinator-records.ts'
import { encodeRequestFrame, encodeResponseFrame, readRequestHeader, readResponseHeader } from '../../core/protocol/header.ts'
import { Reader } from '../../core/protocol/wire.ts'
import { hex } from '../support/hex.ts'

const joined = (buffers: readonly Buffer[]) => Buffer.concat(buffers)
const ID = 'AAECAwQFBgcICQoLDA0ODw' // bytes 00 to 0f

test('ApiVersions v3 request with header v2: the client id stays an int16 string', () => {
  const golden = hex(`
    00000024               # 36 bytes follow
    0012 0003 00000001     # ApiVersions, v3, correlation id 1
    0007 'rdkafka' 00      # client id, no tags in the header
    0b 'librdkafka'        # compact: length + 1
    06 '2.3.0'
    00                     # no tags
  `)
  const body = apiVersions.encodeRequest({ clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.3.0' }, 3)
  expect(joined(encodeRequestFrame(apiVersions, 3, { correlationId: 1, clientId: 'rdkafka', body }))).toEqual(golden)
  const reader = new Reader(golden, 4)
  expect(readRequestHeader(reader)).toEqual({ apiKey: 18, apiVersion: 3, correlationId: 1, clientId: 'rdkafka', api: apiVersions })
  expect(apiVersions.decodeRequest(reader, 3)).toEqual({ clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.3.0' })
})

test('ApiVersions v0 response that refuses a version', () => {
  const golden = hex(`
    00000010 00000007      # 16 bytes follow, correlation id 7
    0023                   # UNSUPPORTED_VERSION
    00000001               # one API
    0012 0000 0004         # ApiVersions 0 to 4
  `)
  const body = apiVersions.encodeResponse({ errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }, 0)
  expect(joined(encodeResponseFrame(apiVersions, 0, 7, body))).toEqual(golden)
})

test('ApiVersions v3 response: header v0, features in tags', () => {
  const golden = hex(`
    00000033 00000002      # 51 bytes follow, correlation id 2, no tag section in this header
    0000                   # NONE
    02 0000 0000 000d 00   # one API: Produce 0 to 13, no tags
    00000000               # throttle
    02                     # two tags
    01 08 0000000000000005 # tag 1, 8 bytes: epoch of the finalized features
    02 14                  # tag 2, 20 bytes
      02 0e 'group.version'  # one feature
      0001 0001 00         # levels 1 to 1, no tags
  `)
  const response = {
    errorCode: 0,
    apiKeys: [{ apiKey: 0, minVersion: 0, maxVersion: 13 }],
    finalizedFeaturesEpoch: 5n,
    finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 }],
  }
  expect(joined(encodeResponseFrame(apiVersions, 3, 2, apiVersions.encodeResponse(response, 3)))).toEqual(golden)
  const reader = new Reader(golden, 4)
  expect(readResponseHeader(reader, apiVersions, 3)).toEqual({ correlationId: 2 })
  expect(apiVersions.decodeResponse(reader, 3)).toMatchObject(response)
})

test('Metadata requests: null for every topic, and one topic by name in compact form', () => {
  expect(joined(metadata.encodeRequest({ topics: null }, 1))).toEqual(hex('ffffffff'))
  const golden = hex(`
    02 07 'orders' 00      # one topic, no tags
    01 00 00               # auto-create, no operations of cluster or topics
    00                     # no tags
  `)
  expect(joined(metadata.encodeRequest({ topics: [{ name: 'orders' }] }, 9))).toEqual(golden)
})

test('Metadata v1 response', () => {
  const golden = hex(`
    00000001                         # one broker
      00000001 0009 '127.0.0.1' 00002384 ffff   # id 1, port 9092, no rack
    00000001                         # controller
    00000001                         # one topic
      0000 0001 't' 00               # NONE, not internal
      00000001                       # one partition
        0000 00000000 00000001       # NONE, partition 0, leader 1
        00000001 00000001            # replicas
        00000001 00000001            # in sync
  `)
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }
  const response = {
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: null }],
    controllerId: 1,
    topics: [{ errorCode: 0, name: 't', isInternal: false, partitions: [partition] }],
  }
  expect(joined(metadata.encodeResponse(response, 1))).toEqual(golden)
  expect(metadata.decodeResponse(new Reader(golden), 1)).toMatchObject(response)
})

test('Produce v3 and v9 requests', () => {
  const request = { acks: -1, timeoutMs: 30_000, topicData: [{ name: 't', partitionData: [{ index: 2, records: Buffer.from('batch') }] }] }
  const v3 = hex(`
    ffff ffff 00007530     # no transactional id, acks all, 30 s
    00000001 0001 't'      # one topic
    00000001 00000002      # one partition: 2
    00000005 'batch'
  `)
  const v9 = hex(`
    00 ffff 00007530       # compact null
    02 02 't'              # one topic
    02 00000002            # one partition: 2
    06 'batch'
    00 00 00               # no tags: partition, topic, request
  `)
  expect(joined(produce.encodeRequest(request, 3))).toEqual(v3)
  expect(joined(produce.encodeRequest(request, 9))).toEqual(v9)
  expect(produce.decodeRequest(new Reader(v9), 9)).toMatchObject(request)
})

test('Produce v13 request names its topic by id', () => {
  const golden = hex(`
    00 0001 000003e8       # acks 1, 1 s
    02 000102030405060708090a0b0c0d0e0f
    02 00000000 00         # partition 0, null records
    00 00 00
  `)
  const request = { acks: 1, timeoutMs: 1000, topicData: [{ topicId: ID, partitionData: [{ index: 0, records: null }] }] }
  expect(joined(produce.encodeRequest(request, 13))).toEqual(golden)
})

test('Produce v10 response: the new leader travels in a tag, its address in another', () => {
  const golden = hex(`
    02 02 't'              # one topic
    02 00000000 0006       # partition 0, NOT_LEADER_OR_FOLLOWER
    ffffffffffffffff ffffffffffffffff ffffffffffffffff   # base offset, append time, start offset: none
    01 00                  # no record errors, no message
    01 00 09               # one tag: 0, 9 bytes
      00000002 00000005 00 # leader 2, epoch 5, no tags
    00                     # topic: no tags
    00000000               # throttle
    01 00 0d               # one tag: 0, 13 bytes
      02 00000002 02 'h' 00002385 00 00  # node 2, h:9093, no rack, no tags
  `)
  const partition = { index: 0, errorCode: 6, baseOffset: -1, currentLeader: { leaderId: 2, leaderEpoch: 5 } }
  const response = { responses: [{ name: 't', partitionResponses: [partition] }], nodeEndpoints: [{ nodeId: 2, host: 'h', port: 9093 }] }
  expect(joined(produce.encodeResponse(response, 10))).toEqual(golden)
})

test('Fetch v4 request, and v12 with its epochs', () => {
  const partition = { partition: 0, fetchOffset: 4_294_967_296, partitionMaxBytes: 1_048_576 }
  const request = { maxWaitMs: 500, minBytes: 1, maxBytes: 52_428_800, topics: [{ topic: 't', partitions: [partition] }] }
  const v4 = hex(`
    ffffffff 000001f4 00000001 03200000 00   # consumer, 500 ms, 1 byte, 50 MiB, read uncommitted
    00000001 0001 't'
    00000001 00000000 0000000100000000 00100000
  `)
  const v12 = hex(`
    ffffffff 000001f4 00000001 03200000 00
    00000000 ffffffff      # session 0, final epoch
    02 02 't'
    02 00000000 ffffffff   # partition 0, leader epoch unknown
       0000000100000000 ffffffff ffffffffffffffff 00100000 00   # offset, last epoch, start offset, 1 MiB, no tags
    00
    01 01                  # nothing forgotten, no rack
    00
  `)
  expect(joined(fetch.encodeRequest(request, 4))).toEqual(v4)
  expect(joined(fetch.encodeRequest(request, 12))).toEqual(v12)
  expect(fetch.decodeRequest(new Reader(v12), 12)).toMatchObject({ ...request, clusterId: null, sessionEpoch: -1 })
})

test('Fetch v13 response: diverging epoch in a tag, records between the pieces', () => {
  const golden = hex(`
    00000000 0000 00000000 # throttle, NONE, no session
    02 000102030405060708090a0b0c0d0e0f
    02 00000003 0000       # partition 3
       000000000000000a 000000000000000a 0000000000000000   # high watermark and last stable offset 10, start 0
       00 ffffffff         # null aborted transactions, no preferred replica
       04 'xyz'            # records
       01 00 0d 00000002 0000000000000007 00   # tag 0, 13 bytes: epoch 2 ends at 7
    00 00
  `)
  const partition = {
    partitionIndex: 3,
    errorCode: 0,
    highWatermark: 10,
    lastStableOffset: 10,
    logStartOffset: 0,
    divergingEpoch: { epoch: 2, endOffset: 7 },
    abortedTransactions: null,
    records: [Buffer.from('x'), Buffer.from('yz')],
  }
  expect(joined(fetch.encodeResponse({ responses: [{ topicId: ID, partitions: [partition] }] }, 13))).toEqual(golden)
  expect(fetch.decodeResponse(new Reader(golden), 13).responses[0]?.partitions[0]?.divergingEpoch).toEqual({ epoch: 2, endOffset: 7 })
})

test('ListOffsets v1 request for the end of a partition', () => {
  const golden = hex("ffffffff 00000001 0001 't' 00000001 00000000 ffffffffffffffff")
  const request = { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] }
  expect(joined(listOffsets.encodeRequest(request, 1))).toEqual(golden)
})

test('OffsetFetch v8 request asks for everything two groups hold', () => {
  const golden = hex(`
    03                     # two groups
    02 'a' 00 00           # null topics, no tags
    02 'b' 00 00
    01 00                  # require stable, no tags
  `)
  const groups = ['a', 'b'].map(groupId => ({ groupId, topics: null }))
  expect(joined(offsetFetch.encodeRequest({ groups, requireStable: true }, 8))).toEqual(golden)
})

test('InitProducerId v4 request and response', () => {
  const request = { transactionalId: null, transactionTimeoutMs: 0x7fffffff }
  expect(joined(initProducerId.encodeRequest(request, 4))).toEqual(hex('00 7fffffff ffffffffffffffff ffff 00'))
  const response = { errorCode: 0, producerId: 1000, producerEpoch: 0 }
  expect(joined(initProducerId.encodeResponse(response, 4))).toEqual(hex('00000000 0000 00000000000003e8 0000 00'))
})

test('JoinGroup v5 response to the leader', () => {
  const golden = hex(`
    00000000 0000 00000001 # throttle, NONE, generation 1
    0005 'range' 0002 'm1' 0002 'm1'   # protocol, leader, member
    00000001               # members
      0002 'm1' ffff 00000002 abcd     # not static, 2 bytes of subscription
  `)
  const members = [{ memberId: 'm1', metadata: Buffer.from('abcd', 'hex') }]
  const response = { errorCode: 0, generationId: 1, protocolName: 'range', leader: 'm1', memberId: 'm1', members }
  expect(joined(joinGroup.encodeResponse(response, 5))).toEqual(golden)
})

test('an offset commit in __consumer_offsets: key of type 1, values of versions 3 and 4', () => {
  const key = hex("0001 0001 'g' 0001 't' 00000002")
  expect(offsetCommitKey.encode({ group: 'g', topic: 't', partition: 2 })).toEqual(key)
  expect(offsetCommitKey.decode(key).value).toEqual({ group: 'g', topic: 't', partition: 2 })
  const value = { offset: 42, leaderEpoch: 1, metadata: '', commitTimestamp: 1_700_000_000_000n }
  expect(offsetCommitValue.encode(value, 3)).toEqual(hex('0003 000000000000002a 00000001 0000 0000018bcfe56800'))
  const v4 = hex(`
    0004 000000000000002a 00000001 01 0000018bcfe56800
    01 00 10 000102030405060708090a0b0c0d0e0f   # tag 0, 16 bytes: the topic's id
  `)
  expect(offsetCommitValue.encode({ ...value, topicId: ID }, 4)).toEqual(v4)
  expect(offsetCommitValue.decode(v4)).toEqual({ version: 4, value: { ...value, expireTimestamp: -1n, topicId: ID } })
})

test('a classic group in __consumer_offsets: key of type 2, value of version 3', () => {
  expect(groupMetadataKey.encode({ group: 'g' })).toEqual(hex("0002 0001 'g'"))
  const golden = hex(`
    0003 0008 'consumer' 00000001   # version 3, generation 1
    0005 'range' 0002 'm1'          # protocol, leader
    0000018bcfe56800                # since
    00000001                        # one member
      0002 'm1' ffff 0001 'c' 000a '/127.0.0.1'
      0000ea60 0000afc8             # rebalance timeout 60 s, session timeout 45 s
      00000000 00000000             # subscription, assignment
  `)
  const empty = Buffer.alloc(0)
  const timeouts = { rebalanceTimeout: 60_000, sessionTimeout: 45_000 }
  const member = { memberId: 'm1', clientId: 'c', clientHost: '/127.0.0.1', ...timeouts, subscription: empty, assignment: empty }
  const group = { protocolType: 'consumer', generation: 1, protocol: 'range', leader: 'm1', currentStateTimestamp: 1_700_000_000_000n }
  expect(groupMetadataValue.encode({ ...group, members: [member] }, 3)).toEqual(golden)
})

test('a subscription of version 1, and one of a version to come', () => {
  const golden = hex(`
    0001 00000001 0001 't' ffffffff       # topics, no user data
    00000001 0001 't' 00000001 00000000   # owned: t-0
  `)
  const subscription = { topics: ['t'], ownedPartitions: [{ topic: 't', partitions: [0] }] }
  expect(consumerProtocolSubscription.encode(subscription, 1)).toEqual(golden)
  const later = Buffer.concat([hex('0009'), golden.subarray(2), hex('00000005 ffff'), hex('c0ffee')])
  expect(consumerProtocolSubscription.decode(later).value).toMatchObject({ ...subscription, generationId: 5, rackId: null })
})

test('DeleteRecords v2: request and response', () => {
  const request = hex(`
    0000002c               # 44 bytes follow
    0015 0002 00000003     # DeleteRecords, v2, correlation id 3
    0005 'admin' 00        # client id, no tags in the header
    02 07 'orders'         # one topic
      02 00000001          # one partition, 1
        0000000000000005   # everything before offset 5
        00                 # no tags
      00
    0000ea60 00            # a minute, no tags
  `)
  const asked = { topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, offset: 5n }] }], timeoutMs: 60_000 }
  const body = deleteRecords.encodeRequest(asked, 2)
  expect(joined(encodeRequestFrame(deleteRecords, 2, { correlationId: 3, clientId: 'admin', body }))).toEqual(request)
  const response = hex(`
    00000023 00000003 00   # 35 bytes follow, correlation id 3, no tags in the header
    00000000               # throttle
    02 07 'orders'
      02 00000001
        0000000000000005   # low watermark
        0000 00            # NONE, no tags
      00
    00                     # no tags
  `)
  const answered = { throttleTimeMs: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, lowWatermark: 5, errorCode: 0 }] }] }
  expect(joined(encodeResponseFrame(deleteRecords, 2, 3, deleteRecords.encodeResponse(answered, 2)))).toEqual(response)
})
