/**
 * ListTransactions (66): v0 to v2 (KIP-664).
 * The transactional ids that this broker coordinates, by state, producer id, since when (v1, KIP-994) and name (v2, KIP-1152: a pattern of
 * RE2's syntax for the whole id). States that do not exist are told back.
 */

import { compilePattern } from '../../common/re2.ts'
import { listTransactions } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const listTransactionsHandler = handler(listTransactions, ({ stateFilters: states, producerIdFilters: producerIds, durationFilter, transactionalIdPattern }, { node }) => {
  const pattern = transactionalIdPattern ? compilePattern(transactionalIdPattern) : undefined
  if (pattern && 'error' in pattern) return { errorCode: errorCode('INVALID_REGULAR_EXPRESSION'), unknownStateFilters: [], transactionStates: [] }
  const matches = (transactionalId: string): boolean => pattern?.matches(transactionalId) ?? true
  const { error, unknownStates, transactions } = node.transactions.list({ states, producerIds, durationMs: Number(durationFilter), matches })
  return {
    errorCode: errorCode(error),
    unknownStateFilters: unknownStates,
    transactionStates: transactions.map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state })),
  }
})
