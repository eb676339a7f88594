/**
 * DescribeQuorum (55): the controllers' quorum (KIP-595).
 * Versions 0-2, flexible from 0. v1 times of fetches (KIP-836), v2 directory ids and endpoints (KIP-853).
 */

import { api, arrayOf, int16, int32, int64, offset, string, uint16, uuid } from '../schema.ts'

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: uuid.in('2+').or(),
  logEndOffset: offset,
  lastFetchTimestamp: int64.in('1+').or(-1n),
  lastCaughtUpTimestamp: int64.in('1+').or(-1n),
}

export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: '0-2',
  flexible: '0+',
  request: {
    topics: arrayOf({
      topicName: string,
      partitions: arrayOf({
        partitionIndex: int32,
      }),
    }),
  },
  response: {
    errorCode: int16,
    errorMessage: string.in('2+').nullable().or(),
    topics: arrayOf({
      topicName: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.in('2+').nullable().or(),
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: offset,
        currentVoters: arrayOf(replicaState),
        observers: arrayOf(replicaState),
      }),
    }),
    nodes: arrayOf({
      nodeId: int32,
      listeners: arrayOf({
        name: string,
        host: string,
        port: uint16,
      }),
    }).in('2+').or(),
  },
})
