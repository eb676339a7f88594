/** Reads partitions in frames, with either isolation, and writes down what each poll saw. */

import { fetch } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { readMarker } from '../../core/records/control-record.ts'
import { batchesOf } from '../../core/records/record-batch.ts'
import type { Poll } from '../support/consistency/history.ts'
import type { Recorder } from '../support/consistency/recorder.ts'
import type { ClusterClient } from './cluster-client.ts'

export type Seen = { readonly records: (readonly [number, string])[]; readonly next: number; readonly highWatermark: number }
type Cursor = { readonly line: string; readonly session: string; readonly position: number; readonly isolation: Poll['isolation']; readonly isFinal?: true; readonly maxBytes?: number }

/** One poll; undefined when it was not answered or answered with an error. */
export async function poll(client: ClusterClient, recorder: Recorder, cursor: Cursor): Promise<Seen | undefined> {
  const { line, session, position, isolation, isFinal, maxBytes = 20_000 } = cursor
  const at = line.lastIndexOf('-')
  const answered = recorder.ask({ is: 'poll', line, session, isolation, ...(isFinal && { isFinal }) })
  const answer = await client.ask({ leaderOf: line }, fetch, 11, {
    maxWaitMs: 100, minBytes: 1, maxBytes, isolationLevel: isolation === 'committed' ? 1 : 0,
    topics: [{ topic: line.slice(0, at), partitions: [{ partition: Number(line.slice(at + 1)), fetchOffset: position, partitionMaxBytes: maxBytes }] }],
  })
  const found = answer && answer !== 'not asked' ? answer.responses[0]?.partitions[0] : undefined
  if (!found || found.errorCode !== 0) {
    answered({ outcome: 'unknown', error: found ? errorName(found.errorCode) : 'no answer' })
    if (found) client.forget({ leaderOf: line })
    return undefined
  }
  const aborted = isolation === 'committed' ? found.abortedTransactions ?? [] : []
  const { records, next } = recordsOf(found.records ?? Buffer.alloc(0), position, aborted)
  answered({ outcome: 'ok', records, position, next, highWatermark: found.highWatermark })
  return { records, next, highWatermark: found.highWatermark }
}

/** What a consumer shows of an answer: no control records, nothing before where it asked, nothing of the aborted transactions it is told of. */
function recordsOf(bytes: Buffer, position: number, aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]): Pick<Seen, 'records' | 'next'> {
  const records: (readonly [number, string])[] = []
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  let [next, place] = [position, 0]
  for (const batch of batchesOf(bytes)) {
    const start = place
    place += batch.sizeBytes
    next = Math.max(next, batch.lastOffset + 1)
    while (waiting[0] && waiting[0].firstOffset <= batch.lastOffset) open.add(waiting.shift()?.producerId ?? -1)
    if (batch.isControl) {
      if (readMarker(bytes, start)?.isAbort) open.delete(batch.producerId)
      continue
    }
    if (batch.isTransactional && open.has(batch.producerId)) continue
    for (const { offset, value } of batch.records()) if (offset >= position) records.push([offset, value?.toString() ?? ''])
  }
  return { records, next }
}
