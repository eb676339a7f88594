/** A log read from end to end, and its look-ups compared with what a linear scan of that finds. */

import type { Random } from '../../core/common/random.ts'
import type { PartitionLog } from '../../core/log/partition-log.ts'
import { type EndTransactionMarker, readMarker } from '../../core/records/control-record.ts'
import { batchesOf } from '../../core/records/record-batch.ts'

export type BatchInfo = {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly isControl: boolean
  readonly isTransactional: boolean
  /** Of a control batch that ends a transaction. */
  readonly marker: EndTransactionMarker | undefined
  readonly producerId: number
  readonly records: readonly { readonly offset: number; readonly timestamp: number; readonly key: string | null; readonly value: string }[]
}

/** The part of a value that tells it from others; what follows is there for its length. */
export function nameOf(value: Buffer | null): string {
  if (!value) return ''
  const end = value.indexOf(' ')
  return value.toString('latin1', 0, end < 0 ? value.length : end)
}

/** Every batch from `from` on, up to the end of the log. */
export function batchesIn(log: PartitionLog, from = log.startOffset, maxBytes = 20_000): BatchInfo[] {
  const found: BatchInfo[] = []
  for (let at = from; at < log.endOffset; ) {
    const read = log.read({ offset: at, maxBytes, minOneBatch: true, upTo: log.endOffset })
    if (read.error !== 'NONE') throw new Error(`reading at ${at} answers ${read.error}`)
    if (read.byteCount === 0) return found // the end, or offsets that compaction or a loss of power left empty: the model judges
    const bytes = Buffer.concat(read.buffers)
    read.release()
    let position = 0
    for (const batch of batchesOf(bytes)) {
      found.push({
        baseOffset: batch.baseOffset,
        lastOffset: batch.lastOffset,
        maxTimestamp: batch.maxTimestamp,
        isControl: batch.isControl,
        isTransactional: batch.isTransactional,
        marker: batch.isControl ? readMarker(bytes, position) : undefined,
        producerId: batch.producerId,
        records: [...batch.records()].map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key: key && key.toString(), value: nameOf(value) })),
      })
      position += batch.sizeBytes
    }
    at = (found.at(-1)?.lastOffset ?? at) + 1
  }
  return found
}

/**
 * Looks a few offsets and timestamps up and compares with a scan of `batches`; says what differs, or nothing. Records may be added
 * meanwhile: what the scan did not see is no contradiction.
 */
export async function lookUpProblem(log: PartitionLog, batches: readonly BatchInfo[], random: Random, turns = 6): Promise<string | undefined> {
  // Markers have a time too, and are found by it, as in Kafka.
  const records = batches.flatMap(batch => batch.records).filter(({ offset }) => offset >= log.startOffset)
  const end = (batches.at(-1)?.lastOffset ?? -1) + 1
  for (let turn = 0; turn < turns; turn++) {
    const problem = offsetProblem(log, batches, random) ?? await timestampProblem(log, records, random, end)
    if (problem !== undefined) return problem
  }
  const latest = await log.reader.offsetOfMaxTimestamp()
  const most = records.reduce((max, { timestamp }) => Math.max(max, timestamp), -1)
  if (latest && 'path' in latest) return `the greatest timestamp is looked up in damage at ${latest.position}`
  // What lies before the start may still be in its segment: Kafka answers with it too.
  if (latest && (latest.offset >= end || (latest.offset < log.startOffset && latest.timestamp >= most))) return undefined
  if (most >= 0 && latest?.timestamp !== most) return `the greatest timestamp is said to be ${latest?.timestamp}, and is ${most}`
  return undefined
}

export function offsetProblem(log: PartitionLog, batches: readonly BatchInfo[], random: Random): string | undefined {
  const batch = batches[random.below(batches.length)]
  // A read goes past batches that compaction emptied.
  if (!batch || batch.records.length === 0 || batch.lastOffset < log.startOffset) return undefined
  const offset = Math.max(log.startOffset, batch.baseOffset + random.below(batch.lastOffset - batch.baseOffset + 1))
  const read = log.read({ offset, maxBytes: 1, minOneBatch: true, upTo: log.endOffset })
  if (read.error !== 'NONE') return `reading at ${offset} answers ${read.error}`
  const [found] = [...batchesOf(Buffer.concat(read.buffers))]
  read.release()
  return found?.baseOffset === batch.baseOffset ? undefined : `offset ${offset} is looked up in the batch at ${found?.baseOffset}, and is in the one at ${batch.baseOffset}`
}

async function timestampProblem(log: PartitionLog, records: BatchInfo['records'], random: Random, end: number): Promise<string | undefined> {
  const some = records[random.below(records.length)]
  if (!some) return undefined
  const timestamp = some.timestamp + random.below(3) - 1
  const { startOffset } = log
  const expected = records.find(record => record.timestamp >= timestamp && record.offset >= startOffset)
  const found = await log.reader.offsetForTimestamp(timestamp)
  if (log.startOffset !== startOffset) return undefined // deleted meanwhile
  if (found && 'path' in found) return `timestamp ${timestamp} is looked up in damage at ${found.position}`
  if (found?.offset === expected?.offset || (!expected && found && found.offset >= end)) return undefined
  return `timestamp ${timestamp} is looked up at ${found?.offset}, and is first reached at ${expected?.offset}`
}
