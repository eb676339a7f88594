/** The area `transactions`: all transactional ids, and the end of an open transaction by an administrator. */

import type { StudioContract } from './contract/index.ts'
import type { TransactionRow } from './contract/transactions.ts'
import { LiveList } from './live-list.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'

export function transactionsArea(parts: StudioParts): Implementation<StudioContract>['transactions'] {
  const { pulse, transactions } = parts
  const list = new LiveList<TransactionRow>({ pulse, keyOf: row => row.transactionalId, compute: () => transactions.rows(), weight: () => transactions.size })
  return {
    list: (_, sink) => list.subscribe(sink),
    abort: ({ transactionalId }) => abort(parts, transactionalId),
  }
}

/** As Kafka's administrators do it: a new producer of the same id asks for an epoch, which aborts what is open and fences who was before. */
async function abort({ broker }: StudioParts, transactionalId: string): Promise<null> {
  const coordinator = [...broker.parts.nodes.values()].find(node => node.transactions.transaction(transactionalId))?.transactions
  const known = coordinator?.transaction(transactionalId)
  if (!coordinator || !known) throw new StudioError('NOT_FOUND', `There is no transactional id ${transactionalId}; it may have expired.`)
  if (known.state === 'PrepareCommit' || known.state === 'PrepareAbort') {
    const way = known.state === 'PrepareCommit' ? 'committed' : 'aborted'
    throw new StudioError('CONCURRENT_TRANSACTIONS', `The transaction of ${transactionalId} is being ${way} already: its markers are written now.`)
  }
  if (known.state !== 'Ongoing') throw new StudioError('INVALID_TXN_STATE', `${transactionalId} has no transaction open: it ended in the meantime.`)
  const { error } = await coordinator.initProducerId({ transactionalId, timeoutMs: known.timeoutMs, expected: null })
  // The answer to who has fenced another is to ask again once the markers are written: it is decided.
  if (error !== 'NONE' && error !== 'CONCURRENT_TRANSACTIONS') throw new StudioError(error, `The transaction of ${transactionalId} was not aborted: ${error}. Try again.`)
  return null
}
