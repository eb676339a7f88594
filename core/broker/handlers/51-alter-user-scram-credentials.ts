/**
 * AlterUserScramCredentials (51): v0.
 * Sets and removes credentials (KIP-554); what arrives is the salted password, and of that only what verifies it is kept. A user who is
 * refused holds up no other.
 * Differences: an empty salted password is UNACCEPTABLE_CREDENTIAL; Kafka fails on it with UNKNOWN_SERVER_ERROR.
 */

import { alterUserScramCredentials } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const alterUserScramCredentialsHandler = handler(alterUserScramCredentials, (request, { broker }) => {
  try {
    return { results: broker.credentials.alter(request).map(({ user, error, message }) => ({ user, errorCode: errorCode(error), errorMessage: message })) }
  } catch (cause) {
    broker.logger.error('the catalog cannot take SCRAM credentials', { cause })
    const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))
    const errorMessage = 'The catalog cannot take the credentials; nothing was changed.'
    return { results: [...users].map(user => ({ user, errorCode: errorCode('KAFKA_STORAGE_ERROR'), errorMessage })) }
  }
})
