/**
 * AlterReplicaLogDirs (34): moves replicas between the folders of a broker (KIP-113).
 * Versions 1-2, flexible from 2.
 */

import { api, arrayOf, int16, int32, string } from '../schema.ts'

export const alterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: '1-2',
  flexible: '2+',
  request: {
    dirs: arrayOf({
      path: string,
      topics: arrayOf({
        name: string,
        partitions: arrayOf(int32),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      topicName: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
