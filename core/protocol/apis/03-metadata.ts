/**
 * Metadata (3): brokers, topics and who leads their partitions.
 * Versions 0-13, flexible from 9. v4 auto-create flag, v8 authorized operations (KIP-430), v10 and v12 topic ids (KIP-516),
 * v11 drops the cluster's authorized operations (KIP-700), v13 top-level error (KIP-1102).
 */

import { api, arrayOf, bool, int16, int32, string, uuid } from '../schema.ts'

export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: arrayOf({
      topicId: uuid.in('10+').or(),
      name: string.nullable('10+'),
    }).nullable('1+'),
    allowAutoTopicCreation: bool.in('4+').or(true),
    includeClusterAuthorizedOperations: bool.in('8-10').or(),
    includeTopicAuthorizedOperations: bool.in('8+').or(),
  },
  response: {
    throttleTimeMs: int32.in('3+').or(),
    brokers: arrayOf({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.in('1+').nullable().or(null),
    }),
    clusterId: string.in('2+').nullable().or(null),
    controllerId: int32.in('1+').or(-1),
    topics: arrayOf({
      errorCode: int16,
      name: string.nullable('12+'),
      topicId: uuid.in('10+').or(),
      isInternal: bool.in('1+').or(false),
      partitions: arrayOf({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.in('7+').or(-1),
        replicaNodes: arrayOf(int32),
        isrNodes: arrayOf(int32),
        offlineReplicas: arrayOf(int32).in('5+').or(),
      }),
      topicAuthorizedOperations: int32.in('8+').or(-2147483648),
    }),
    clusterAuthorizedOperations: int32.in('8-10').or(-2147483648),
    errorCode: int16.in('13+').or(),
  },
})
