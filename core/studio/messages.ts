/** The area `messages`: positions, pages and whole records, read in the scan thread; the live tail; and producing one record. */

import type { Partition } from '../broker/partition.ts'
import type { Topic } from '../broker/topic-registry.ts'
import { assert } from '../common/assert.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { InputOf } from './contract/contract.ts'
import type { StudioContract } from './contract/index.ts'
import type { Cursor, MessageDetail, MessagePage, Position } from './contract/messages.ts'
import type { StudioParts } from './parts.ts'
import { Leases, sourceOf } from './partition-source.ts'
import { produceOne } from './produce.ts'
import { Encoded } from './rpc/codec.ts'
import type { Implementation } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'
import type { ScanAnswer, ScanRequest } from './scan/scan.ts'
import { startTail } from './tail.ts'
import { existing } from './topics.ts'

/** Text of all cells of a page: a page of 500 long cells is cut short rather than sent as a message of many megabytes. */
const PAGE_CELL_BYTES_MAX = 4 * 1024 * 1024
/** Requests tried again when files went away under them: retention and deletion are rare. */
const TRIES_MAX = 3

type Methods = StudioContract['messages']

export function messagesArea(parts: StudioParts): Implementation<StudioContract>['messages'] {
  const rounds = new Map<string, number>()
  return {
    locate: ({ topic, partitions, at }) => locateAll(chosenLogs(existing(parts, topic), partitions), at),
    page: input => page(parts, input),
    record: input => record(parts, input),
    tail: ({ topic: name, partitions, from }, sink) => {
      const topic = existing(parts, name)
      const logs = chosenLogs(topic, partitions)
      const starts = new Map(from?.map(({ partition, offset }) => [partition, offsetOf(offset)]))
      const positions = new Map(logs.map(log => [log.partition, starts.get(log.partition) ?? log.endOffset]))
      startTail({ parts, topic, isWhole: partitions === null, positions, sink })
    },
    produce: input => produceOne(parts, rounds, input),
  }
}

async function page(parts: StudioParts, { topic: name, cursor, direction, limit }: InputOf<Methods['page']>): Promise<Encoded<MessagePage>> {
  const answer = await ask(parts, name, leases => {
    const topic = existing(parts, name)
    const sources = uniqueByPartition(cursor).map(({ partition, offset }) => (
      sourceOf(readyLog(topic, partition), { cursor: offsetOf(offset), direction, leases })
    ))
    return { is: 'page', sources, direction, limit, cellBytesMax: PAGE_CELL_BYTES_MAX }
  })
  assert(answer.is === 'page', 'a page is answered with a page')
  return new Encoded(answer.bytes)
}

async function record(parts: StudioParts, input: InputOf<Methods['record']>): Promise<Encoded<MessageDetail>> {
  const { topic: name, partition, bytesMax } = input
  const offset = offsetOf(input.offset)
  const answer = await ask(parts, name, leases => {
    const log = readyLog(existing(parts, name), partition)
    if (offset < log.startOffset) throw noRecord(input, `the partition now starts at ${log.startOffset}: retention took it`)
    if (offset >= log.endOffset) throw noRecord(input, `the partition ends at ${log.endOffset}`)
    return { is: 'record', source: sourceOf(log, { cursor: offset, direction: 'forward', leases }), bytesMax }
  })
  if (answer.is !== 'record') throw noRecord(input, 'it was compacted away, or is a marker of a transaction')
  return new Encoded(answer.bytes)
}

function noRecord({ topic, partition, offset }: InputOf<Methods['record']>, reason: string): StudioError {
  return new StudioError('NOT_FOUND', `There is no record at offset ${offset} of partition ${partition} of ${topic}: ${reason}.`)
}

/** Asks the scan thread, again with fresh sources when files went away meanwhile. */
async function ask(parts: StudioParts, topic: string, request: (leases: Leases) => ScanRequest): Promise<Exclude<ScanAnswer, { is: 'gone' | 'unreadable' }>> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await askOnce(parts, request)
    if (answer.is === 'unreadable') throw new StudioError('UNAVAILABLE', `${topic} cannot be read there: ${answer.reason}.`)
    if (answer.is !== 'gone') return answer
  }
  throw new StudioError('UNAVAILABLE', `Files of ${topic} were removed while they were read; try again.`)
}

async function askOnce(parts: StudioParts, request: (leases: Leases) => ScanRequest): Promise<ScanAnswer> {
  const leases = new Leases()
  try {
    return await parts.scan.ask(request(leases))
  } finally {
    leases.release()
  }
}

/** The logs of the named partitions, each of which must be ready; of all that are ready when none is named. */
function chosenLogs(topic: Topic, partitions: readonly number[] | null): PartitionLog[] {
  if (partitions) return [...new Set(partitions)].map(partition => readyLog(topic, partition))
  const logs = topic.partitions.flatMap(({ log }) => log ?? [])
  const [first] = topic.partitions
  if (logs.length === 0 && first) throw notReady(first)
  return logs
}

function readyLog(topic: Topic, index: number): PartitionLog {
  const partition = topic.partitions[index]
  if (!partition) throw new StudioError('NOT_FOUND', `${topic.record.name} has no partition ${index}: it has ${topic.partitions.length}.`)
  if (!partition.log) throw notReady(partition)
  return partition.log
}

function notReady({ topic, index, state }: Partition): StudioError {
  const reason = state.is === 'failed' ? `could not be opened: ${state.reason}` : 'is still being recovered; try again in a moment'
  return new StudioError('UNAVAILABLE', `Partition ${index} of ${topic} ${reason}.`)
}

async function locateAll(logs: readonly PartitionLog[], at: Position): Promise<{ partition: number; offset: bigint }[]> {
  const found: { partition: number; offset: bigint }[] = []
  for (const log of logs) found.push({ partition: log.partition, offset: BigInt(await locate(log, at)) })
  return found
}

async function locate(log: PartitionLog, at: Position): Promise<number> {
  const { startOffset, endOffset } = log
  switch (at.is) {
    case 'start': return startOffset
    case 'end': return endOffset
    case 'offset': return Math.min(Math.max(offsetOf(at.offset), startOffset), endOffset)
    case 'time': {
      const found = await log.reader.offsetForTimestamp(offsetOf(at.timestamp))
      if (!found) return endOffset
      return 'is' in found ? found.to : found.offset // batches that cannot be read are passed over
    }
    default: return at satisfies never
  }
}

/** An offset or time as a number: exact up to 2^53, and beyond that larger than any there is. */
function offsetOf(value: bigint): number {
  return Number(value)
}

function uniqueByPartition(cursor: Cursor): Cursor {
  return [...new Map(cursor.map(entry => [entry.partition, entry])).values()]
}
