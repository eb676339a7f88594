/**
 * CreatePartitions (37): a topic gets more partitions (KIP-195).
 * Versions 0-3, flexible from 2. v3 quota (KIP-599).
 */

import { api, arrayOf, bool, int16, int32, string } from '../schema.ts'

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: arrayOf({
      name: string,
      count: int32,
      assignments: arrayOf({ brokerIds: arrayOf(int32) }).nullable(),
    }),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      name: string,
      errorCode: int16,
      errorMessage: string.nullable().or(null),
    }),
  },
})
