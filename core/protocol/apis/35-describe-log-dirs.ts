/**
 * DescribeLogDirs (35): the folders of a broker, and what lies in them (KIP-113).
 * Versions 1-5, flexible from 2. v3 an error for the whole request, v4 total and usable bytes (KIP-827), v5 cordoned folders (KIP-1066).
 */

import { api, arrayOf, bool, int16, int32, int64, string } from '../schema.ts'

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexible: '2+',
  request: {
    topics: arrayOf({
      topic: string,
      partitions: arrayOf(int32),
    }).nullable(),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16.in('3+').or(),
    results: arrayOf({
      errorCode: int16,
      logDir: string,
      topics: arrayOf({
        name: string,
        partitions: arrayOf({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: bool,
        }),
      }),
      totalBytes: int64.in('4+').or(-1n),
      usableBytes: int64.in('4+').or(-1n),
      isCordoned: bool.in('5+').or(false),
    }),
  },
})
