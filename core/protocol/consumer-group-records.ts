/** Records of `__consumer_offsets` that keep consumer groups of KIP-848, in Kafka's own formats (group-coordinator/*.json of 4.3). */

import { arrayOf, bytes, data, int32, int64, int8, recordKey, string, struct, uuid } from './schema.ts'

/** Record type 3: a consumer group and its epoch. */
export const consumerGroupMetadataKey = recordKey(3, {
  name: 'ConsumerGroupMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
  },
})

export const consumerGroupMetadataValue = data({
  name: 'ConsumerGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32,
    metadataHash: int64.tagged(0, '0+').or(0n),
  },
})

/** Record type 4: what Kafka before 4.1 kept of the partitions a group subscribes to. Read and left alone. */
export const consumerGroupPartitionMetadataKey = recordKey(4, {
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
  },
})

export const consumerGroupPartitionMetadataValue = data({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    topics: arrayOf({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: arrayOf({
        partition: int32,
        racks: arrayOf(string),
      }),
    }),
  },
})

/** Record type 5: a member and what it subscribes to; one of the classic protocol with its protocols. */
export const consumerGroupMemberMetadataKey = recordKey(5, {
  name: 'ConsumerGroupMemberMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
    memberId: string,
  },
})

export const consumerGroupMemberMetadataValue = data({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: arrayOf(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: int32.or(-1),
    serverAssignor: string.nullable(),
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: arrayOf({
        name: string,
        metadata: bytes,
      }),
    }).tagged(0, '0+').nullable().or(),
  },
})

/** Record type 6: the epoch of the target assignment. */
export const consumerGroupTargetAssignmentMetadataKey = recordKey(6, {
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
  },
})

export const consumerGroupTargetAssignmentMetadataValue = data({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.tagged(0, '0+').or(0n),
  },
})

/** Record type 7: what a member shall own. */
export const consumerGroupTargetAssignmentMemberKey = recordKey(7, {
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
    memberId: string,
  },
})

export const consumerGroupTargetAssignmentMemberValue = data({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    topicPartitions: arrayOf({
      topicId: uuid,
      partitions: arrayOf(int32),
    }),
  },
})

const topicPartitions = {
  topicId: uuid,
  partitions: arrayOf(int32),
  assignmentEpochs: arrayOf(int32).tagged(0, '0+').nullable().or(),
}

/** Record type 8: what a member owns, and where it stands between two assignments. */
export const consumerGroupCurrentMemberAssignmentKey = recordKey(8, {
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
    memberId: string,
  },
})

export const consumerGroupCurrentMemberAssignmentValue = data({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: arrayOf(topicPartitions),
    partitionsPendingRevocation: arrayOf(topicPartitions),
  },
})

/** Record type 16: a pattern and the topics it stood for. */
export const consumerGroupRegularExpressionKey = recordKey(16, {
  name: 'ConsumerGroupRegularExpressionKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string,
    regularExpression: string,
  },
})

export const consumerGroupRegularExpressionValue = data({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: '0',
  flexible: '0+',
  fields: {
    topics: arrayOf(string),
    version: int64,
    timestamp: int64,
  },
})
