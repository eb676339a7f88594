/** Brokers that a client names for partitions: what Kafka's controller checks of them, in its order and words. */

import type { Placement } from './placement.ts'
import type { Refusal } from './topic-registry.ts'

/** What is wrong with the brokers named for a partition; `factor`: how many the others have, when that is to be the same. */
export function assignmentProblem(brokerIds: readonly number[], placement: Placement, factor?: number): Refusal | undefined {
  if (brokerIds.length === 0) return invalid('The manual partition assignment includes an empty replica list.')
  let before: number | undefined
  for (const id of brokerIds.toSorted((a, b) => a - b)) {
    if (!placement.has(id)) return invalid(`The manual partition assignment includes broker ${id}, but no such broker is registered.`)
    if (id === before) return invalid(`The manual partition assignment includes the broker ${id} more than once.`)
    before = id
  }
  if (factor === undefined || brokerIds.length === factor) return undefined
  return invalid(`The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not consistent with previous `
    + `partitions, which have ${factor} replica(s).`)
}

/** The same for a partition that is to be made: somebody must be there to lead it. */
export function newAssignmentProblem(partition: number, brokerIds: readonly number[], placement: Placement, factor?: number): Refusal | undefined {
  const problem = assignmentProblem(brokerIds, placement, factor)
  if (problem || brokerIds.some(id => placement.isUp(id))) return problem
  return invalid(`All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`)
}

function invalid(message: string): Refusal {
  return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
}
