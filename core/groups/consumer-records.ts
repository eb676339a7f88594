/** Records of consumer groups (KIP-848) in Kafka's formats: types 3 to 8 and 16 of `__consumer_offsets`. */

import type { CoordinatorRecord } from '../coordinator/coordinator-log.ts'
import {
  consumerGroupCurrentMemberAssignmentKey, consumerGroupCurrentMemberAssignmentValue, consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue, consumerGroupMetadataKey, consumerGroupMetadataValue, consumerGroupPartitionMetadataKey,
  consumerGroupRegularExpressionKey, consumerGroupRegularExpressionValue, consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue, consumerGroupTargetAssignmentMetadataKey, consumerGroupTargetAssignmentMetadataValue,
} from '../protocol/consumer-group-records.ts'
import type {
  ConsumerGroupRecord, MemberState, OwnedPartitions, StoredConsumerMember, StoredCurrentAssignment, StoredRegex, TopicPartitions,
} from './stored.ts'

/** Kafka's numbers for where a member stands. */
const STATE_IDS: Readonly<Record<MemberState, number>> = { stable: 0, 'unrevoked-partitions': 1, 'unreleased-partitions': 2, unknown: 127 }

export function encodeConsumerRecord(record: ConsumerGroupRecord): CoordinatorRecord {
  const { groupId } = record
  switch (record.is) {
    case 'consumer-group':
      return { key: consumerGroupMetadataKey.encode({ groupId }), value: record.value && consumerGroupMetadataValue.encode(record.value) }
    case 'consumer-topics':
      return { key: consumerGroupPartitionMetadataKey.encode({ groupId }), value: null }
    case 'consumer-member':
      return { key: consumerGroupMemberMetadataKey.encode({ groupId, memberId: record.memberId }), value: record.value && encodeMember(record.value) }
    case 'target':
      return { key: consumerGroupTargetAssignmentMetadataKey.encode({ groupId }), value: record.value && encodeTarget(record.value) }
    case 'target-member':
      return {
        key: consumerGroupTargetAssignmentMemberKey.encode({ groupId, memberId: record.memberId }),
        value: record.value && consumerGroupTargetAssignmentMemberValue.encode({ topicPartitions: listOf(record.value) }),
      }
    case 'current':
      return { key: consumerGroupCurrentMemberAssignmentKey.encode({ groupId, memberId: record.memberId }), value: record.value && encodeCurrent(record.value) }
    case 'regex':
      return { key: consumerGroupRegularExpressionKey.encode({ groupId, regularExpression: record.regex }), value: record.value && encodeRegex(record.value) }
    default: return record satisfies never
  }
}

function encodeMember(value: StoredConsumerMember): Buffer {
  return consumerGroupMemberMetadataValue.encode({
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.host,
    subscribedTopicNames: value.subscribedTopics,
    subscribedTopicRegex: value.subscribedRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classicMemberMetadata: value.classic && { sessionTimeoutMs: value.classic.sessionTimeoutMs, supportedProtocols: value.classic.protocols },
  })
}

function encodeTarget({ epoch, timestampMs }: { readonly epoch: number; readonly timestampMs: number }): Buffer {
  return consumerGroupTargetAssignmentMetadataValue.encode({ assignmentEpoch: epoch, assignmentTimestamp: BigInt(timestampMs) })
}

function encodeCurrent(value: StoredCurrentAssignment): Buffer {
  return consumerGroupCurrentMemberAssignmentValue.encode({
    memberEpoch: value.epoch,
    previousMemberEpoch: value.previousEpoch,
    state: STATE_IDS[value.state],
    assignedPartitions: ownedListOf(value.assigned),
    partitionsPendingRevocation: ownedListOf(value.pendingRevocation),
  })
}

function encodeRegex({ topics, version, timestampMs }: StoredRegex): Buffer {
  return consumerGroupRegularExpressionValue.encode({ topics: [...topics].sort(), version: BigInt(version), timestamp: BigInt(timestampMs) })
}

function listOf(partitions: TopicPartitions): { topicId: string; partitions: readonly number[] }[] {
  return Array.from(partitions, ([topicId, indexes]) => ({ topicId, partitions: indexes }))
}

function ownedListOf(owned: OwnedPartitions): { topicId: string; partitions: readonly number[]; assignmentEpochs: readonly number[] }[] {
  return Array.from(owned, ([topicId, epochs]) => ({ topicId, partitions: [...epochs.keys()], assignmentEpochs: [...epochs.values()] }))
}

/** Undefined for a record of another kind. Throws FrameError on one that does not read. */
export function decodeConsumerRecord(type: number, key: Buffer, value: Buffer | null): ConsumerGroupRecord | undefined {
  switch (type) {
    case consumerGroupMetadataKey.recordType:
      return { is: 'consumer-group', ...consumerGroupMetadataKey.decode(key).value, value: value && consumerGroupMetadataValue.decode(value).value }
    case consumerGroupPartitionMetadataKey.recordType:
      return { is: 'consumer-topics', ...consumerGroupPartitionMetadataKey.decode(key).value, value: value && true }
    case consumerGroupMemberMetadataKey.recordType:
      return { is: 'consumer-member', ...consumerGroupMemberMetadataKey.decode(key).value, value: value && decodeMember(value) }
    case consumerGroupTargetAssignmentMetadataKey.recordType:
      return { is: 'target', ...consumerGroupTargetAssignmentMetadataKey.decode(key).value, value: value && decodeTarget(value) }
    case consumerGroupTargetAssignmentMemberKey.recordType:
      return { is: 'target-member', ...consumerGroupTargetAssignmentMemberKey.decode(key).value, value: value && decodeTargetMember(value) }
    case consumerGroupCurrentMemberAssignmentKey.recordType:
      return { is: 'current', ...consumerGroupCurrentMemberAssignmentKey.decode(key).value, value: value && decodeCurrent(value) }
    case consumerGroupRegularExpressionKey.recordType: {
      const { groupId, regularExpression: regex } = consumerGroupRegularExpressionKey.decode(key).value
      return { is: 'regex', groupId, regex, value: value && decodeRegex(value) }
    }
    default: return undefined
  }
}

function decodeMember(bytes: Buffer): StoredConsumerMember {
  const { value } = consumerGroupMemberMetadataValue.decode(bytes)
  const classic = value.classicMemberMetadata
  return {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    host: value.clientHost,
    subscribedTopics: value.subscribedTopicNames,
    subscribedRegex: value.subscribedTopicRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    // Kafka writes null; its default, when the field is missing, is one without protocols.
    classic: !classic || classic.supportedProtocols.length === 0 ? null : {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      // Copied: the bytes are views of a read buffer that goes back to its pool.
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  }
}

function decodeTarget(bytes: Buffer): { epoch: number; timestampMs: number } {
  const { value } = consumerGroupTargetAssignmentMetadataValue.decode(bytes)
  return { epoch: value.assignmentEpoch, timestampMs: Number(value.assignmentTimestamp) }
}

function decodeTargetMember(bytes: Buffer): TopicPartitions {
  const { value } = consumerGroupTargetAssignmentMemberValue.decode(bytes)
  return new Map(value.topicPartitions.map(({ topicId, partitions }) => [topicId, partitions]))
}

function decodeCurrent(bytes: Buffer): StoredCurrentAssignment {
  const { value } = consumerGroupCurrentMemberAssignmentValue.decode(bytes)
  return {
    epoch: value.memberEpoch,
    previousEpoch: value.previousMemberEpoch,
    state: stateOf(value.state),
    assigned: decodeOwned(value.assignedPartitions, value.memberEpoch),
    pendingRevocation: decodeOwned(value.partitionsPendingRevocation, value.memberEpoch),
  }
}

function stateOf(id: number): MemberState {
  switch (id) {
    case STATE_IDS.stable: return 'stable'
    case STATE_IDS['unrevoked-partitions']: return 'unrevoked-partitions'
    case STATE_IDS['unreleased-partitions']: return 'unreleased-partitions'
    default: return 'unknown'
  }
}

/** Records of before KIP-1251 do not say when a partition was handed out: then it counts from the member's epoch. */
function decodeOwned(
  topics: readonly { readonly topicId: string; readonly partitions: readonly number[]; readonly assignmentEpochs: readonly number[] | null }[],
  memberEpoch: number,
): OwnedPartitions {
  return new Map(topics.map(({ topicId, partitions, assignmentEpochs }) => [
    topicId, new Map(partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? memberEpoch])),
  ]))
}

function decodeRegex(bytes: Buffer): StoredRegex {
  const { value } = consumerGroupRegularExpressionValue.decode(bytes)
  return { topics: value.topics, version: Number(value.version), timestampMs: Number(value.timestamp) }
}
