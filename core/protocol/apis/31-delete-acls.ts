/**
 * DeleteAcls (31): removes access control entries that match (KIP-140).
 * Versions 1-3, flexible from 2. v1 prefixed patterns (KIP-290), v3 user resources (KIP-373).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    filters: arrayOf({
      resourceTypeFilter: int8,
      resourceNameFilter: string.nullable(),
      patternTypeFilter: int8.or(3),
      principalFilter: string.nullable(),
      hostFilter: string.nullable(),
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    filterResults: arrayOf({
      errorCode: int16,
      errorMessage: string.nullable(),
      matchingAcls: arrayOf({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        patternType: int8.or(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})
