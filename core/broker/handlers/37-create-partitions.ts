/**
 * CreatePartitions (37): v0 to v3.
 * Grows topics (KIP-195); assignments may name this broker only, one list per new partition.
 */

import { createPartitions } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { firstOfEach, tally } from '../tally.ts'
import type { Refusal } from '../topic-registry.ts'

type Asked = RequestOf<typeof createPartitions>['topics'][number]
type Result = ResponseOf<typeof createPartitions>['results'][number]

export const createPartitionsHandler = handler(createPartitions, async (request, context) => {
  const results: Result[] = []
  const counts = tally(request.topics, ({ name }) => name)
  for (const asked of firstOfEach(request.topics, ({ name }) => name)) {
    const isTwice = (counts.get(asked.name) ?? 0) > 1
    results.push(isTwice ? refused(asked.name, 'INVALID_REQUEST', 'Duplicate topic name.') : await grow(asked, request.validateOnly, context))
  }
  return { results }
})

async function grow(asked: Asked, validateOnly: boolean, { broker }: RequestContext): Promise<Result> {
  const { name, count } = asked
  const refusal = broker.topics.problemWithGrowth(name, count) ?? assignmentProblem(asked, broker.topics.get(name)?.partitions.length ?? 0, broker.brokerId)
    ?? (validateOnly ? undefined : await broker.topics.grow(name, count))
  return refusal ? refused(name, refusal.error, refusal.message) : { name, errorCode: 0 }
}

function assignmentProblem({ count, assignments }: Asked, existing: number, brokerId: number): Refusal | undefined {
  if (assignments === null) return undefined
  if (assignments.length !== count - existing) {
    return { error: 'INVALID_REPLICA_ASSIGNMENT', message: `Attempted to add ${count - existing} additional partition(s), but only ${assignments.length} assignment(s) were specified.` }
  }
  const isOurs = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === brokerId)
  return isOurs ? undefined : { error: 'INVALID_REPLICA_ASSIGNMENT', message: `Each assignment must name broker ${brokerId}, the only one there is.` }
}

function refused(name: string, error: KafkaError, errorMessage: string): Result {
  return { name, errorCode: errorCode(error), errorMessage }
}
