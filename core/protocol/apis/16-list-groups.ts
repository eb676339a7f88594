/**
 * ListGroups (16): every group of a broker.
 * Versions 0-5, flexible from 3. v4 filter by state (KIP-518), v5 filter by type (KIP-848).
 */

import { api, arrayOf, int16, int32, string } from '../schema.ts'

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexible: '3+',
  request: {
    statesFilter: arrayOf(string).in('4+').or(),
    typesFilter: arrayOf(string).in('5+').or(),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16,
    groups: arrayOf({
      groupId: string,
      protocolType: string,
      groupState: string.in('4+').or(),
      groupType: string.in('5+').or(),
    }),
  },
})
