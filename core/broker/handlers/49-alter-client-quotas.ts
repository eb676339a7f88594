/**
 * AlterClientQuotas (49): v0 and v1.
 * Sets and removes quotas of users, client ids and addresses (KIP-546, KIP-612); an entity that is refused holds up no other.
 * Differences: quotas are kept and described, nobody is slowed down by them; an address is one, or localhost: names are not resolved.
 */

import { alterClientQuotas } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const alterClientQuotasHandler = handler(alterClientQuotas, ({ entries, validateOnly }, { broker }) => {
  try {
    const outcomes = broker.quotas.alter(entries, validateOnly)
    return { entries: outcomes.map(({ entity, error, message }) => ({ entity: [...entity], errorCode: errorCode(error), errorMessage: message })) }
  } catch (cause) {
    broker.logger.error('the catalog cannot take client quotas', { cause })
    return { entries: entries.map(({ entity }) => ({ entity, errorCode: errorCode('KAFKA_STORAGE_ERROR'), errorMessage: 'The catalog cannot take the quotas; nothing was changed.' })) }
  }
})
