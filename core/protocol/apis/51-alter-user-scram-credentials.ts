/**
 * AlterUserScramCredentials (51): sets and removes SCRAM credentials of users (KIP-554).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, bytes, int16, int32, int8, string } from '../schema.ts'

export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    deletions: arrayOf({
      name: string,
      mechanism: int8,
    }),
    upsertions: arrayOf({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      user: string,
      errorCode: int16,
      errorMessage: string.nullable(),
    }),
  },
})
