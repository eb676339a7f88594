/**
 * DescribeClientQuotas (48): the quotas that match (KIP-546).
 * Versions 0-1, flexible from 1.
 */

import { api, arrayOf, bool, float64, int16, int32, int8, string } from '../schema.ts'

export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    components: arrayOf({
      entityType: string,
      matchType: int8,
      match: string.nullable(),
    }),
    strict: bool,
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: arrayOf({
      entity: arrayOf({
        entityType: string,
        entityName: string.nullable(),
      }),
      values: arrayOf({
        key: string,
        value: float64,
      }),
    }).nullable(),
  },
})
