/**
 * DescribeAcls (29): the access control entries that match (KIP-140).
 * Versions 1-3, flexible from 2. v1 prefixed patterns (KIP-290), v3 user resources (KIP-373).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: int8.or(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: arrayOf({
      resourceType: int8,
      resourceName: string,
      patternType: int8.or(3),
      acls: arrayOf({
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})
