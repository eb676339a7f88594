/**
 * CreatePartitions (37): v0 to v3.
 * Grows topics (KIP-195); brokers may be named, one list per new partition, else they are spread as those of the others.
 */

import { createPartitions } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { newAssignmentProblem } from '../replica-assignments.ts'
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
  const assigned = asked.assignments?.map(({ brokerIds }) => brokerIds)
  const refusal = broker.topics.problemWithGrowth(name, count) ?? assignmentsProblem(asked, broker)
    ?? (validateOnly ? undefined : await broker.topics.grow(name, count, assigned))
  return refusal ? refused(name, refusal.error, refusal.message) : { name, errorCode: 0 }
}

function assignmentsProblem({ name, count, assignments }: Asked, { topics, cluster }: RequestContext['broker']): Refusal | undefined {
  const existing = topics.get(name)?.partitions ?? []
  if (assignments === null) return undefined
  if (assignments.length !== count - existing.length) {
    return { error: 'INVALID_REPLICA_ASSIGNMENT', message: `Attempted to add ${count - existing.length} additional partition(s), but only ${assignments.length} assignment(s) were specified.` }
  }
  const factor = existing[0]?.standing.replicas.length
  for (const [at, { brokerIds }] of assignments.entries()) {
    const problem = newAssignmentProblem(existing.length + at, brokerIds, cluster.placement, factor)
    if (problem) return problem
  }
  return undefined
}

function refused(name: string, error: KafkaError, errorMessage: string): Result {
  return { name, errorCode: errorCode(error), errorMessage }
}
