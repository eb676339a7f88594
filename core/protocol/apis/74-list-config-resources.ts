/**
 * ListConfigResources (74): the resources that have configs (KIP-1142).
 * Versions 0-1, flexible from 0. v0 lists client metrics resources only (KIP-1000).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexible: '0+',
  request: {
    resourceTypes: arrayOf(int8).in('1+').or(),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    configResources: arrayOf({
      resourceName: string,
      resourceType: int8.in('1+').or(16),
    }),
  },
})
