/**
 * AlterClientQuotas (49): sets and removes quotas (KIP-546).
 * Versions 0-1, flexible from 1.
 */

import { api, arrayOf, bool, float64, int16, int32, string } from '../schema.ts'

export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    entries: arrayOf({
      entity: arrayOf({
        entityType: string,
        entityName: string.nullable(),
      }),
      ops: arrayOf({
        key: string,
        value: float64,
        remove: bool,
      }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.or(),
    entries: arrayOf({
      errorCode: int16,
      errorMessage: string.nullable(),
      entity: arrayOf({
        entityType: string,
        entityName: string.nullable(),
      }),
    }),
  },
})
