/**
 * DescribeCluster (60): brokers, controller and id of the cluster (KIP-700).
 * Versions 0-2, flexible from 0. v1 endpoint type (KIP-919), v2 fenced brokers (KIP-1073).
 */

import { api, arrayOf, bool, int16, int32, int8, string } from '../schema.ts'

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-2',
  flexible: '0+',
  request: {
    includeClusterAuthorizedOperations: bool.or(),
    endpointType: int8.in('1+').or(1),
    includeFencedBrokers: bool.in('2+').or(),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable().or(null),
    endpointType: int8.in('1+').or(1),
    clusterId: string,
    controllerId: int32.or(-1),
    brokers: arrayOf({
      brokerId: int32,
      host: string,
      port: int32,
      rack: string.nullable().or(null),
      isFenced: bool.in('2+').or(),
    }),
    clusterAuthorizedOperations: int32.or(-2147483648),
  },
})
