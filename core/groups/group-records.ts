/** `__consumer_offsets` in Kafka's formats: stored values to key and value bytes, and back. */

import type { CoordinatorRecord } from '../coordinator/coordinator-log.ts'
import { groupMetadataKey, groupMetadataValue, offsetCommitKey, offsetCommitValue } from '../protocol/coordinator-records.ts'
import { recordTypeOf } from '../protocol/schema.ts'
import { ZERO_UUID } from '../protocol/wire.ts'
import { decodeConsumerRecord, encodeConsumerRecord } from './consumer-records.ts'
import type { CommittedOffset, GroupRecord, StoredGroup } from './stored.ts'

/** Kafka 4.3 writes version 3: the newest that older readers understand. */
const GROUP_VALUE_VERSION = 3
/** Version 1 alone has an expiry of its own; 4 carries the topic id. */
const OFFSET_VALUE_VERSION_WITH_EXPIRY = 1
const OFFSET_VALUE_VERSION = 4
/** Record types of the first offset format: 0 was written before Kafka 0.9, and reads as 1. */
const LEGACY_OFFSET_TYPE = 0

export function encodeGroupRecord(record: GroupRecord): CoordinatorRecord {
  if (record.is === 'group') {
    return { key: groupMetadataKey.encode({ group: record.groupId }), value: record.value && encodeGroup(record.value) }
  }
  if (record.is !== 'offset') return encodeConsumerRecord(record)
  const { groupId, topic, partition, value } = record
  return { key: offsetCommitKey.encode({ group: groupId, topic, partition }), value: value && encodeOffset(value) }
}

function encodeGroup(value: StoredGroup): Buffer {
  return groupMetadataValue.encode({
    protocolType: value.protocolType ?? '',
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leaderId,
    currentStateTimestamp: BigInt(value.stateTimestampMs ?? -1),
    members: value.members.map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.host,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  }, GROUP_VALUE_VERSION)
}

function encodeOffset(value: CommittedOffset): Buffer {
  return offsetCommitValue.encode({
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: BigInt(value.commitTimestampMs),
    expireTimestamp: BigInt(value.expireTimestampMs ?? -1),
    topicId: value.topicId ?? ZERO_UUID,
  }, value.expireTimestampMs === null ? OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION_WITH_EXPIRY)
}

/** Undefined for a record of another kind (share and streams groups). Throws FrameError on one that does not read. */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  const type = recordTypeOf(key)
  if (type === groupMetadataKey.recordType) {
    return { is: 'group', groupId: groupMetadataKey.decode(key).value.group, value: value && decodeGroup(value) }
  }
  if (type !== offsetCommitKey.recordType && type !== LEGACY_OFFSET_TYPE) return decodeConsumerRecord(type, key, value)
  const { group: groupId, topic, partition } = offsetCommitKey.decode(type === LEGACY_OFFSET_TYPE ? asCurrentType(key) : key).value
  return { is: 'offset', groupId, topic, partition, value: value && decodeOffset(value) }
}

function asCurrentType(key: Buffer): Buffer {
  const copy = Buffer.from(key)
  copy.writeInt16BE(offsetCommitKey.recordType ?? 1)
  return copy
}

function decodeGroup(bytes: Buffer): StoredGroup {
  const { value } = groupMetadataValue.decode(bytes)
  return {
    protocolType: value.protocolType === '' ? null : value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp < 0n ? null : Number(value.currentStateTimestamp),
    members: value.members.map(member => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      // Copied: the bytes are views of a read buffer that goes back to its pool.
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  }
}

function decodeOffset(bytes: Buffer): CommittedOffset {
  const { value } = offsetCommitValue.decode(bytes)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: Number(value.commitTimestamp),
    expireTimestampMs: value.expireTimestamp < 0n ? null : Number(value.expireTimestamp),
    topicId: value.topicId === ZERO_UUID ? null : value.topicId,
  }
}
