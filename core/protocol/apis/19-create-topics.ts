/**
 * CreateTopics (19).
 * Versions 2-7, flexible from 5. v4 −1 for the broker's partitions and replication (KIP-464), v5 what was made (KIP-525),
 * v6 quota (KIP-599), v7 topic id (KIP-516).
 */

import { api, arrayOf, bool, int16, int32, int8, string, uuid } from '../schema.ts'

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    topics: arrayOf({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: arrayOf({
        partitionIndex: int32,
        brokerIds: arrayOf(int32),
      }),
      configs: arrayOf({
        name: string,
        value: string.nullable(),
      }),
    }),
    timeoutMs: int32.or(60000),
    validateOnly: bool.in('1+').or(false),
  },
  response: {
    throttleTimeMs: int32.in('2+').or(),
    topics: arrayOf({
      name: string,
      topicId: uuid.in('7+').or(),
      errorCode: int16,
      errorMessage: string.in('1+').nullable(),
      topicConfigErrorCode: int16.tagged(0, '5+').or(),
      numPartitions: int32.in('5+').or(-1),
      replicationFactor: int16.in('5+').or(-1),
      configs: arrayOf({
        name: string,
        value: string.nullable(),
        readOnly: bool,
        configSource: int8.or(-1),
        isSensitive: bool,
      })
        .in('5+')
        .nullable()
        .or(),
    }),
  },
})
