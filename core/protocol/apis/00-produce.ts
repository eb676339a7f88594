/**
 * Produce (0): a producer appends record batches.
 * Versions 3-13, flexible from 9; 0-2 are advertised and refused: released librdkafka reads features off the old range (KAFKA-18659).
 * v3 batch format 2 (KIP-98), v5 logStartOffset, v7 zstd (KIP-110), v8 record errors (KIP-467), v10 leader hints (KIP-951),
 * v11 TRANSACTION_ABORTABLE and v12 implicit partition adding (KIP-890), v13 topic ids (KIP-516).
 */

import { api, arrayOf, int16, int32, int64, offset, records, string, struct, uuid } from '../schema.ts'

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  advertisedFrom: 0,
  flexible: '9+',
  request: {
    transactionalId: string.nullable().or(null),
    acks: int16,
    timeoutMs: int32,
    topicData: arrayOf({
      name: string.in('0-12').or(),
      topicId: uuid.in('13+').or(),
      partitionData: arrayOf({
        index: int32,
        records,
      }),
    }),
  },
  response: {
    responses: arrayOf({
      name: string.in('0-12').or(),
      topicId: uuid.in('13+').or(),
      partitionResponses: arrayOf({
        index: int32,
        errorCode: int16,
        baseOffset: offset,
        logAppendTimeMs: int64.in('2+').or(-1n),
        logStartOffset: offset.in('5+').or(-1),
        recordErrors: arrayOf({
          batchIndex: int32,
          batchIndexErrorMessage: string.nullable().or(null),
        })
          .in('8+')
          .or(),
        errorMessage: string.in('8+').nullable().or(null),
        currentLeader: struct({ leaderId: int32.or(-1), leaderEpoch: int32.or(-1) })
          .tagged(0, '10+')
          .or(),
      }),
    }),
    throttleTimeMs: int32.in('1+').or(),
    nodeEndpoints: arrayOf({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable().or(null),
    })
      .tagged(0, '10+')
      .or(),
  },
})
