/**
 * DescribeUserScramCredentials (50): v0.
 * Mechanisms and iterations of each user, never a secret (KIP-554); null or no names: all users.
 */

import { describeUserScramCredentials } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { handler } from '../handler.ts'
import { tally } from '../tally.ts'

type Result = ResponseOf<typeof describeUserScramCredentials>['results'][number]

export const describeUserScramCredentialsHandler = handler(describeUserScramCredentials, ({ users }, { broker }) => {
  const { credentials } = broker
  const counts: ReadonlyMap<string, number> = users?.length ? tally(users, ({ name }) => name) : new Map([...credentials.users()].map(user => [user, 1]))
  const results = [...counts].map(([user, count]) => {
    if (count > 1) return refused(user, 'DUPLICATE_RESOURCE', 'Cannot describe SCRAM credentials for the same user twice in a single request: ')
    const infos = credentials.describe(user)
    return infos
      ? { user, errorCode: 0, errorMessage: '', credentialInfos: [...infos] }
      : refused(user, 'RESOURCE_NOT_FOUND', 'Attempt to describe a user credential that does not exist: ')
  })
  return { errorCode: 0, errorMessage: '', results }
})

function refused(user: string, error: KafkaError, message: string): Result {
  return { user, errorCode: errorCode(error), errorMessage: message + user, credentialInfos: [] }
}
