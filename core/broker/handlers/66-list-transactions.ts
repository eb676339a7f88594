/**
 * ListTransactions (66): v0 to v2 (KIP-664).
 * The transactional ids that this broker coordinates, by state, producer id, since when (v1, KIP-994) and name (v2, KIP-1152: a pattern of
 * RE2's syntax for the whole id). States that do not exist are told back.
 */

import { compilePattern, type Pattern } from '../../common/re2.ts'
import { slices } from '../../common/slices.ts'
import { listTransactions } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { ListedTransaction } from '../../transactions/transaction-coordinator.ts'
import { handler } from '../handler.ts'

export const listTransactionsHandler = handler(listTransactions, async ({ stateFilters: states, producerIdFilters: producerIds, durationFilter, transactionalIdPattern }, { broker, node }) => {
  const pattern = transactionalIdPattern ? compilePattern(transactionalIdPattern) : undefined
  if (pattern && 'error' in pattern) return { errorCode: errorCode('INVALID_REGULAR_EXPRESSION'), unknownStateFilters: [], transactionStates: [] }
  const { error, unknownStates, transactions } = node.transactions.list({ states, producerIds, durationMs: Number(durationFilter) })
  const listed = pattern ? await matching(pattern, transactions, slices(broker.clock)) : transactions
  return {
    errorCode: errorCode(error),
    unknownStateFilters: unknownStates,
    transactionStates: listed.map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state })),
  }
})

/** Tens of thousands of ids, each as long as a client likes. */
async function matching(pattern: Pattern, transactions: readonly ListedTransaction[], turn: ReturnType<typeof slices>): Promise<ListedTransaction[]> {
  const found: ListedTransaction[] = []
  for (const transaction of transactions) {
    await turn()
    if (pattern.matches(transaction.transactionalId)) found.push(transaction)
  }
  return found
}
