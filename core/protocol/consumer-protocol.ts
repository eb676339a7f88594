/**
 * What members of a classic consumer group tell each other inside JoinGroup and SyncGroup. The broker carries it unread; the window shows
 * it. Starts with an int16 version; one above ours reads as our newest (KIP-429).
 */

import { arrayOf, bytes, data, int32, string } from './schema.ts'

/** What a member subscribes to. Versions 0-3: v1 owned partitions (KIP-429), v2 generation (KIP-792), v3 rack (KIP-881). */
export const consumerProtocolSubscription = data({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  isForwardReadable: true,
  fields: {
    topics: arrayOf(string),
    userData: bytes.nullable().or(null),
    ownedPartitions: arrayOf({ topic: string, partitions: arrayOf(int32) })
      .in('1+')
      .or(),
    generationId: int32.in('2+').or(-1),
    rackId: string.in('3+').nullable().or(null),
  },
})

/** What a member is given to read. Versions 0-3, all alike. */
export const consumerProtocolAssignment = data({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  isForwardReadable: true,
  fields: {
    assignedPartitions: arrayOf({ topic: string, partitions: arrayOf(int32) }),
    userData: bytes.nullable().or(null),
  },
})
