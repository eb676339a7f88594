/** What must be true of one group: who leads and owns what in a generation, and which offsets may be found committed. */

import { type Ending, Violation } from './model.ts'

/** Commits rise, so that a later one can be told from an earlier one. */
type Commits = {
  /** The last that was acknowledged, or found. */
  sure: number
  /** The last that was acknowledged: what was found may not have been flushed yet. */
  acknowledged: number
  /** Sent later, with an end that is not known. */
  readonly maybe: Set<number>
  /** All that were ever sent: a power loss may bring any of them back. */
  readonly sent: Set<number>
  /** Nothing is sure since a power loss. */
  isLost: boolean
}

export class GroupModel {
  readonly groupId: string
  readonly topic: string
  readonly partitions: readonly number[]
  readonly #commits: readonly Commits[]
  #leaders = new Map<number, string>()
  #owners = new Map<number, Map<number, string>>()
  #next = 1
  /** Counts boots: an answer of an earlier one proves nothing. */
  boot = 0

  /** The first boot after the last loss of power. */
  #poweredAt = 0
  /** Acknowledged means flushed. */
  readonly #hasDurableAcks: boolean

  constructor(groupId: string, o: { readonly topic: string; readonly partitionCount: number; readonly hasDurableAcks: boolean }) {
    const { topic, partitionCount } = o
    this.#hasDurableAcks = o.hasDurableAcks
    this.groupId = groupId
    this.topic = topic
    this.partitions = Array.from({ length: partitionCount }, (_, index) => index)
    this.#commits = this.partitions.map(() => ({ sure: -1, acknowledged: -1, maybe: new Set(), sent: new Set(), isLost: false }))
  }

  #of(partition: number): Commits {
    const commits = this.#commits[partition]
    if (!commits) throw new Violation(`partition ${partition} was shared out, and does not exist`)
    return commits
  }

  ended(ending: Ending): void {
    this.boot++
    // A generation that was joined and not yet shared out is not stored, so its number may be given again.
    this.#leaders = new Map()
    if (ending !== 'power') return
    this.#owners = new Map()
    this.#poweredAt = this.boot
    for (const commits of this.#commits) {
      if (!this.#hasDurableAcks) commits.isLost = true
      else if (commits.sure > commits.acknowledged) {
        for (const offset of commits.sent) if (offset > commits.acknowledged) commits.maybe.add(offset)
        commits.sure = commits.acknowledged
      }
    }
  }

  joined(generation: number, leader: string): void {
    const other = this.#leaders.get(generation)
    if (other !== undefined && other !== leader) throw new Violation(`generation ${generation} is led by ${other} and by ${leader}`)
    this.#leaders.set(generation, leader)
  }

  assigned(generation: number, member: string, partitions: readonly number[]): void {
    const owners = this.#owners.get(generation) ?? new Map<number, string>()
    this.#owners.set(generation, owners)
    for (const partition of partitions) {
      const other = owners.get(partition)
      if (other !== undefined && other !== member) throw new Violation(`partition ${partition} belongs to ${other} and to ${member} in generation ${generation}`)
      owners.set(partition, member)
    }
  }

  /** The offset to commit next. */
  committing(partition: number): number {
    const offset = this.#next++
    const commits = this.#of(partition)
    commits.maybe.add(offset)
    commits.sent.add(offset)
    return offset
  }

  /** `boot`: when it was sent. An acknowledgement may arrive when the power has gone, and what it says with it. */
  committed(partition: number, offset: number, boot: number): void {
    const commits = this.#of(partition)
    if (!this.#hasDurableAcks && boot < this.#poweredAt) return
    this.#settle(commits, offset)
    commits.acknowledged = Math.max(commits.acknowledged, offset)
  }

  /** A refusal stores nothing; of a disk that failed nobody knows. */
  refused(partition: number, offset: number, error: string): void {
    if (error !== 'KAFKA_STORAGE_ERROR' && error !== 'NOT_COORDINATOR') this.#of(partition).maybe.delete(offset)
  }

  #settle(commits: Commits, offset: number): void {
    commits.isLost = false
    commits.sure = Math.max(commits.sure, offset)
    for (const earlier of commits.maybe) if (earlier <= offset) commits.maybe.delete(earlier)
  }

  /** What is sure when a question is asked: the answer must know it, unless a boot ended meanwhile. */
  asking(partition: number): { readonly sure: number; readonly boot: number } {
    const { sure, isLost } = this.#of(partition)
    return { sure: isLost ? -1 : sure, boot: this.boot }
  }

  found(partition: number, offset: number, asked: { readonly sure: number; readonly boot: number }): void {
    const commits = this.#of(partition)
    if (offset >= 0 && !commits.sent.has(offset)) throw new Violation(`${offset} is found committed for ${partition}, and nobody committed it`)
    if (asked.boot !== this.boot) return
    if (offset < asked.sure) throw new Violation(`${offset} is found committed for ${partition}, and ${asked.sure} was acknowledged before`)
    if (commits.isLost) {
      commits.sure = offset
      commits.isLost = false
      commits.maybe.clear()
    } else if (offset > commits.sure && !commits.maybe.has(offset)) {
      throw new Violation(`${offset} is found committed for ${partition}; ${commits.sure} is sure, and ${offset} was refused`)
    }
    if (offset >= 0) this.#settle(commits, offset)
  }
}
