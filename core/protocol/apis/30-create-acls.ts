/**
 * CreateAcls (30): adds access control entries (KIP-140).
 * Versions 1-3, flexible from 2. v1 prefixed patterns (KIP-290), v3 user resources (KIP-373).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    creations: arrayOf({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: int8.or(3),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      errorCode: int16,
      errorMessage: string.nullable(),
    }),
  },
})
