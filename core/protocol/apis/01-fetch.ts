/**
 * Fetch (1): a consumer reads record batches.
 * Versions 4-18, flexible from 12. v4 isolation (KIP-98), v5 logStartOffset, v7 sessions (KIP-227), v9 leader epoch (KIP-320),
 * v10 zstd (KIP-110), v11 rack (KIP-392), v12 last fetched epoch and diverging epoch (KIP-595), v13 topic ids (KIP-516),
 * v15 replica state (KIP-903), v16 leader hints (KIP-951), v17 directory id (KIP-853), v18 follower's high watermark (KIP-1166).
 */

import { api, arrayOf, int16, int32, int64, int8, offset, producerId, records, string, struct, uuid } from '../schema.ts'

export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: '4-18',
  flexible: '12+',
  request: {
    clusterId: string.nullable().tagged(0, '12+').or(null),
    replicaId: int32.in('0-14').or(-1),
    replicaState: struct({ replicaId: int32.or(-1), replicaEpoch: int64.or(-1n) })
      .tagged(1, '15+')
      .or(),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.in('3+').or(0x7fffffff),
    isolationLevel: int8.in('4+').or(0),
    sessionId: int32.in('7+').or(0),
    sessionEpoch: int32.in('7+').or(-1),
    topics: arrayOf({
      topic: string.in('0-12').or(),
      topicId: uuid.in('13+').or(),
      partitions: arrayOf({
        partition: int32,
        currentLeaderEpoch: int32.in('9+').or(-1),
        fetchOffset: offset,
        lastFetchedEpoch: int32.in('12+').or(-1),
        logStartOffset: offset.in('5+').or(-1),
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.tagged(0, '17+').or(),
        // A bigint: its default is Java's Long.MAX_VALUE, "not supported".
        highWatermark: int64.tagged(1, '18+').or(9223372036854775807n),
      }),
    }),
    forgottenTopicsData: arrayOf({
      topic: string.in('7-12').or(),
      topicId: uuid.in('13+').or(),
      partitions: arrayOf(int32),
    })
      .in('7+')
      .or(),
    rackId: string.in('11+').or(''),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16.in('7+').or(),
    sessionId: int32.in('7+').or(0),
    responses: arrayOf({
      topic: string.in('0-12').or(),
      topicId: uuid.in('13+').or(),
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: offset,
        lastStableOffset: offset.in('4+').or(-1),
        logStartOffset: offset.in('5+').or(-1),
        divergingEpoch: struct({ epoch: int32.or(-1), endOffset: offset.or(-1) })
          .tagged(0, '12+')
          .or(),
        currentLeader: struct({ leaderId: int32.or(-1), leaderEpoch: int32.or(-1) })
          .tagged(1, '12+')
          .or(),
        snapshotId: struct({ endOffset: offset.or(-1), epoch: int32.or(-1) })
          .tagged(2, '12+')
          .or(),
        abortedTransactions: arrayOf({ producerId, firstOffset: offset }).in('4+').nullable().or(),
        preferredReadReplica: int32.in('11+').or(-1),
        records,
      }),
    }),
    nodeEndpoints: arrayOf({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable().or(null),
    })
      .tagged(0, '16+')
      .or(),
  },
})
