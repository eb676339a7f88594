/**
 * DescribeClientQuotas (48): v0 and v1.
 * The quotas whose entity matches every component of the filter; strict: and has no other part (KIP-546).
 */

import { describeClientQuotas } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const describeClientQuotasHandler = handler(describeClientQuotas, ({ components, strict }, { broker }) => {
  const described = broker.quotas.describe(components, strict)
  if ('error' in described) return { errorCode: errorCode(described.error), errorMessage: described.message, entries: null }
  return { errorCode: 0, errorMessage: '', entries: described.map(({ entity, values }) => ({ entity: [...entity], values: [...values] })) }
})
