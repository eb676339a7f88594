/**
 * DeleteGroups (42): empty groups and their offsets go (KIP-229).
 * Versions 0-2, flexible from 2. v3 is of Kafka 4.4.
 */

import { api, arrayOf, int16, int32, string } from '../schema.ts'

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexible: '2+',
  request: {
    groupsNames: arrayOf(string),
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      groupId: string,
      errorCode: int16,
    }),
  },
})
