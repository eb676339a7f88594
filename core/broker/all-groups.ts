/** The groups of all brokers as one, for who looks at the whole: each is asked of the coordinator that has it. */

import type { DeleteOffsetsAnswer, DeleteOffsetsRequest } from '../groups/offset-delete.ts'
import type { GroupCoordinator, GroupSnapshot } from '../groups/group-coordinator.ts'
import type { KafkaError } from '../protocol/errors.ts'

export class AllGroups {
  readonly #coordinators: readonly GroupCoordinator[]

  constructor(coordinators: readonly GroupCoordinator[]) {
    this.#coordinators = coordinators
  }

  *groups(): Iterable<GroupSnapshot> {
    for (const coordinator of this.#coordinators) yield* coordinator.groups()
  }

  group(groupId: string): GroupSnapshot | undefined {
    for (const coordinator of this.#coordinators) {
      const found = coordinator.group(groupId)
      if (found) return found
    }
    return undefined
  }

  get groupCount(): number {
    return this.#coordinators.reduce((sum, { groupCount }) => sum + groupCount, 0)
  }

  /** As a coordinator's: tells which group has changed, was made, is gone, or has another coordinator. Returns its end. */
  onChange(listener: (groupId: string) => void): () => void {
    const ends = this.#coordinators.map(coordinator => coordinator.onChange(listener))
    return () => ends.forEach(end => end())
  }

  delete(groupIds: readonly string[]): readonly { readonly groupId: string; readonly error: KafkaError }[] {
    return groupIds.map(groupId => {
      const coordinator = this.#coordinators.find(each => each.group(groupId) !== undefined) ?? this.#coordinators[0]
      return coordinator?.delete([groupId])[0] ?? { groupId, error: 'COORDINATOR_NOT_AVAILABLE' }
    })
  }

  deleteOffsets(request: DeleteOffsetsRequest): DeleteOffsetsAnswer {
    const coordinator = this.#coordinators.find(each => each.group(request.groupId) !== undefined) ?? this.#coordinators[0]
    return coordinator?.deleteOffsets(request) ?? { error: 'COORDINATOR_NOT_AVAILABLE', topics: [] }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#coordinators.map(coordinator => coordinator.stop()))
  }
}
