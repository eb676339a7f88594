/** What transactions a log holds, found by reading it from end to end, compared with what its transaction indexes and producers say. */

import type { PartitionLog } from '../../core/log/partition-log.ts'
import type { BatchInfo } from './read-log.ts'

type Aborted = { readonly producerId: number; readonly firstOffset: number; readonly lastOffset: number }

/** Says what differs, or nothing. What began before the log's start is left out: its first batch cannot be read any more. */
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
  const text = (found: readonly Aborted[]): string => found.map(({ producerId, firstOffset, lastOffset }) => `${producerId}: ${firstOffset}-${lastOffset}`).sort().join(', ')
  const first = batches[0]?.baseOffset ?? 0
  const said = log.abortedTransactions(log.startOffset, log.endOffset).filter(({ firstOffset }) => firstOffset >= first)
  if (text(said) !== text(aborted)) return `the aborted transactions are said to be ${text(said)}, and are ${text(aborted)}`
  return undefined
}
