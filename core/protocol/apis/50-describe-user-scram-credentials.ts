/**
 * DescribeUserScramCredentials (50): the SCRAM credentials of users, without their secrets (KIP-554).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    users: arrayOf({
      name: string,
    }).nullable(),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: arrayOf({
      user: string,
      errorCode: int16,
      errorMessage: string.nullable(),
      credentialInfos: arrayOf({
        mechanism: int8,
        iterations: int32,
      }),
    }),
  },
})
