/**
 * FindCoordinator (10): which broker coordinates a group or a transactional id.
 * Versions 0-6, flexible from 3. v1 key type (KIP-98), v4 many keys (KIP-699), v5 TRANSACTION_ABORTABLE (KIP-890),
 * v6 share groups, key type 2 (KIP-932).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    key: string.in('0-3').or(),
    keyType: int8.in('1+').or(0),
    coordinatorKeys: arrayOf(string).in('4+').or(),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16.in('0-3').or(),
    errorMessage: string.in('1-3').nullable().or(),
    nodeId: int32.in('0-3').or(),
    host: string.in('0-3').or(),
    port: int32.in('0-3').or(),
    coordinators: arrayOf({
      key: string,
      nodeId: int32,
      host: string,
      port: int32,
      errorCode: int16,
      errorMessage: string.nullable(),
    })
      .in('4+')
      .or(),
  },
})
