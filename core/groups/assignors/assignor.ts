/** What an assignor of the coordinator is given and gives back. */

/** Partitions by the id of their topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

export type AssignedMember = {
  readonly memberId: string
  readonly instanceId: string | null
  /** Ids of topics that exist. */
  readonly topicIds: ReadonlySet<string>
  /** Its target so far, to stick to. */
  readonly current: Assignment
}

export type AssignmentTask = {
  readonly members: readonly AssignedMember[]
  /** Of a topic that some member subscribes to. */
  partitionCountOf(topicId: string): number
}

/** Gives every partition of the subscribed topics to one of the members that subscribe to its topic. */
export type Assignor = (task: AssignmentTask) => ReadonlyMap<string, Assignment>
