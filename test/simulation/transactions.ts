/** What transactions a log holds, found by reading it from end to end, compared with what its transaction indexes and producers say. */

import type { PartitionLog } from '../../core/log/partition-log.ts'
import type { BatchInfo } from './read-log.ts'

type Aborted = { readonly producerId: number; readonly firstOffset: number; readonly lastOffset: number }

/** Says what differs, or nothing. Where a transaction began that reaches back before the log's start cannot be seen any more. */
export function transactionProblem(log: PartitionLog, batches: readonly BatchInfo[]): string | undefined {
  const open = new Map<number, number>()
  const aborted: Aborted[] = []
  for (const { producerId, baseOffset, lastOffset, marker, isTransactional } of batches) {
    if (!isTransactional) continue
    const firstOffset = open.get(producerId)
    if (!marker) open.set(producerId, firstOffset ?? baseOffset)
    else open.delete(producerId)
    if (marker?.isAbort && firstOffset !== undefined) aborted.push({ producerId, firstOffset, lastOffset })
  }
  const stable = Math.min(log.endOffset, ...open.values())
  if (log.lastStableOffset > Math.max(stable, log.startOffset)) return `the last stable offset is ${log.lastStableOffset}, and a transaction is open from ${stable}`
  const first = batches[0]?.baseOffset ?? 0
  const said = log.abortedTransactions(log.startOffset, log.endOffset)
  for (const { producerId, firstOffset, lastOffset } of aborted) {
    const entry = said.find(other => other.producerId === producerId && other.lastOffset === lastOffset)
    if (entry && (entry.firstOffset === firstOffset || entry.firstOffset < first)) continue
    return `the abort of ${producerId} from ${firstOffset} to ${lastOffset} is said to be ${entry ? `from ${entry.firstOffset}` : 'none'}`
  }
  const extra = said.find(entry => entry.firstOffset >= first && !aborted.some(({ producerId, lastOffset }) => producerId === entry.producerId && lastOffset === entry.lastOffset))
  if (extra) return `an abort of ${extra.producerId} from ${extra.firstOffset} to ${extra.lastOffset} is named, and there is none`
  return undefined
}
