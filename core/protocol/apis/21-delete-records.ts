/**
 * DeleteRecords (21).
 * Versions 0-2, flexible from 2 (KIP-107). Each partition's records before an offset; -1 means all up to the high watermark.
 */

import { api, arrayOf, int16, int32, int64, offset, string } from '../schema.ts'

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        offset: int64,
      }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        lowWatermark: offset,
        errorCode: int16,
      }),
    }),
  },
})
