/** The transactional ids of all brokers as one, for who looks at the whole: each is asked of the coordinator that has it. */

import type { TransactionCoordinator, TransactionSnapshot } from '../transactions/transaction-coordinator.ts'

export class AllTransactions {
  readonly #coordinators: readonly TransactionCoordinator[]

  constructor(coordinators: readonly TransactionCoordinator[]) {
    this.#coordinators = coordinators
  }

  *transactions(): Iterable<TransactionSnapshot> {
    for (const coordinator of this.#coordinators) yield* coordinator.transactions()
  }

  transaction(transactionalId: string): TransactionSnapshot | undefined {
    for (const coordinator of this.#coordinators) {
      const found = coordinator.transaction(transactionalId)
      if (found) return found
    }
    return undefined
  }

  get transactionCount(): number {
    return this.#coordinators.reduce((sum, { transactionCount }) => sum + transactionCount, 0)
  }

  /** As a coordinator's: tells which transactional id has changed, was made, is gone, or has another coordinator. Returns its end. */
  onChange(listener: (transactionalId: string) => void): () => void {
    const ends = this.#coordinators.map(coordinator => coordinator.onChange(listener))
    return () => ends.forEach(end => end())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#coordinators.map(coordinator => coordinator.stop()))
  }
}
