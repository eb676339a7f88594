/**
 * UnregisterBroker (64): forgets a broker of a KRaft cluster (KIP-631).
 * Version 0, flexible from 0.
 */

import { api, int16, int32, string } from '../schema.ts'

export const unregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexible: '0+',
  request: {
    brokerId: int32,
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})
