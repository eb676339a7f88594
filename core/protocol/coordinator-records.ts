/**
 * Records of `__consumer_offsets`, in Kafka's own formats (group-coordinator/*.json of 4.3). A key starts with the int16 type of its
 * record, a value with its own version.
 */

import { arrayOf, bytes, data, int32, int64, offset, recordKey, string, uuid } from './schema.ts'

/** Record type 1: how far a group has read a partition. Kafka wrote type 0 before 0.9. */
export const offsetCommitKey = recordKey(1, {
  name: 'OffsetCommitKey',
  versions: '0',
  flexible: 'none',
  fields: { group: string, topic: string, partition: int32 },
})

/** Versions 0-4. v1 expireTimestamp (KIP-211 dropped it), v3 leader epoch (KIP-320), v4 topic id (KIP-848). A null value is a tombstone. */
export const offsetCommitValue = data({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset,
    leaderEpoch: int32.in('3+').or(-1),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: int64.in('1').or(-1n),
    topicId: uuid.tagged(0, '4+').or(),
  },
})

/** Record type 2: a classic group. */
export const groupMetadataKey = recordKey(2, {
  name: 'GroupMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: { group: string },
})

/** Versions 0-4. v1 rebalance timeout, v2 time of the state, v3 static members (KIP-345), v4 flexible (KIP-915). */
export const groupMetadataValue = data({
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string,
    generation: int32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: int64.in('2+').or(-1n),
    members: arrayOf({
      memberId: string,
      groupInstanceId: string.in('3+').nullable().or(null),
      clientId: string,
      clientHost: string,
      rebalanceTimeout: int32.in('1+').or(-1),
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  },
})
