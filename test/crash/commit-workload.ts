/** Groups that commit ever greater offsets: after each restart the last acknowledged commit of each is there. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../core/common/random.ts'
import { findCoordinator, offsetCommit, offsetFetch } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import type { Journal } from './journal.ts'
import { LoadGate } from './load-gate.ts'
import type { Address, Workload } from './workload.ts'

const TOPIC = 'crash-plain'
const RETRY_MS = 20
/** What a coordinator says that loads, or has not begun to. */
const RETRIABLE: ReadonlySet<string> = new Set(['NONE', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])

type Group = { readonly name: string; sent: number; acknowledged: number }

export class CommitWorkload implements Workload {
  readonly #address: Address
  readonly #journal: Journal
  readonly #random: Random
  readonly #gate = new LoadGate()
  /** Enough for several partitions of `__consumer_offsets`. */
  readonly #groups = Array.from({ length: 8 }, (_, at): Group => ({ name: `crash-group-${at}`, sent: 0, acknowledged: 0 }))
  #done: Promise<void> = Promise.resolve()

  constructor(o: { address: Address; journal: Journal; random: Random }) {
    this.#address = o.address
    this.#journal = o.journal
    this.#random = o.random
  }

  get commitsAcknowledged(): number {
    return this.#groups.reduce((sum, group) => sum + group.acknowledged, 0)
  }

  async prepare(): Promise<void> {
    const connection = await RawConnection.open(this.#address.port, this.#address.host)
    // The first question makes `__consumer_offsets`.
    await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: this.#groups.map(({ name }) => name) })
    connection.close()
    this.#done = this.#run().catch((failure: unknown) => this.#journal.find(`the committing of offsets failed: ${String(failure)}`))
  }

  resume(): void {
    this.#gate.open()
  }

  pause(): Promise<void> {
    return this.#gate.close()
  }

  async stop(): Promise<void> {
    this.#gate.stop()
    await this.#done
  }

  async check(): Promise<readonly string[]> {
    const connection = await RawConnection.open(this.#address.port, this.#address.host)
    try {
      const findings: string[] = []
      for (const group of this.#groups) {
        const found = await fetched(connection, group)
        if (typeof found === 'string') findings.push(`group ${group.name} answers ${found}`)
        else if (found < group.acknowledged || found > group.sent) {
          findings.push(`group ${group.name} stands at ${found}: ${group.acknowledged} was acknowledged and ${group.sent} sent`)
        }
      }
      return findings
    } finally {
      connection.close()
    }
  }

  async #run(): Promise<void> {
    while (!this.#gate.isStopped) {
      await this.#gate.wait()
      if (this.#gate.isStopped) return
      const connection = await RawConnection.open(this.#address.port, this.#address.host).catch(() => undefined)
      if (connection) await this.#commitUntilClosed(connection)
      connection?.close()
      if (this.#gate.isOpen) await pause(RETRY_MS)
    }
  }

  async #commitUntilClosed(connection: RawConnection): Promise<void> {
    while (this.#gate.isOpen) {
      const group = this.#groups[this.#random.below(this.#groups.length)]
      if (!group) return
      const committedOffset = ++group.sent
      const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
      const answer = await ask(connection, offsetCommit, 7, { groupId: group.name, topics: [{ name: TOPIC, partitions }] }).catch(() => undefined)
      if (!answer) return
      const error = errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1)
      if (error === 'NONE') group.acknowledged = committedOffset
      else if (RETRIABLE.has(error)) await pause(RETRY_MS)
      else return this.#journal.find(`a commit of ${group.name} answered ${error}`)
    }
  }
}

/** The committed offset, 0 for none, once the coordinator has loaded; else the name of an error. */
async function fetched(connection: RawConnection, group: Group): Promise<number | string> {
  for (;;) {
    const answer = await ask(connection, offsetFetch, 7, { groupId: group.name, topics: [{ name: TOPIC, partitionIndexes: [0] }] })
    const found = answer.topics[0]?.partitions[0]
    const error = errorName(answer.errorCode || (found?.errorCode ?? -1))
    if (error === 'NONE') return Math.max(0, found?.committedOffset ?? 0)
    if (!RETRIABLE.has(error)) return error
    await pause(RETRY_MS)
  }
}
