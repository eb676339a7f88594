/**
 * The `.snapshot` file: producer states up to the offset in its name.
 * ```
 * int16 version 1 · uint32 crc32c of what follows · int32 count
 * { int64 producerId · int16 epoch · int32 lastSequence · int64 lastOffset · int32 offsetDelta · int64 timestamp
 *   int32 coordinatorEpoch · int64 currentTxnFirstOffset (-1 none) }
 * ```
 */

import { readInt64, writeInt64 } from '../records/batch-header.ts'
import { crc32c } from '../records/crc32c.ts'
import type { ProducerState } from './producer-state.ts'

const VERSION = 1
const HEADER_BYTES = 10
const ENTRY_BYTES = 46

export function encodeProducerSnapshot(states: readonly ProducerState[]): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + states.length * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(states.length, 6)
  for (const [index, state] of states.entries()) {
    const at = HEADER_BYTES + index * ENTRY_BYTES
    const last = state.batches.at(-1)
    writeInt64(bytes, state.producerId, at)
    bytes.writeInt16BE(state.epoch, at + 8)
    bytes.writeInt32BE(last?.lastSequence ?? -1, at + 10)
    writeInt64(bytes, last?.lastOffset ?? -1, at + 14)
    bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22)
    writeInt64(bytes, state.lastTimestamp, at + 26)
    bytes.writeInt32BE(state.coordinatorEpoch, at + 34)
    writeInt64(bytes, state.currentTxnFirstOffset, at + 38)
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(6)), 2)
  return bytes
}

/** The states in a snapshot; undefined when it is damaged or of another version: an older one and the log then do. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerState[] | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION || bytes.readUInt32BE(2) !== crc32c(bytes.subarray(6))) return undefined
  const count = bytes.readInt32BE(6)
  if (count < 0 || bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined
  return Array.from({ length: count }, (_, index) => readEntry(bytes, HEADER_BYTES + index * ENTRY_BYTES))
}

function readEntry(bytes: Buffer, at: number): ProducerState {
  const lastOffset = readInt64(bytes, at + 14)
  const timestamp = readInt64(bytes, at + 26)
  const last = { lastSequence: bytes.readInt32BE(at + 10), lastOffset, offsetDelta: bytes.readInt32BE(at + 22), timestamp }
  return {
    producerId: readInt64(bytes, at),
    epoch: bytes.readInt16BE(at + 8),
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    lastTimestamp: timestamp,
    currentTxnFirstOffset: readInt64(bytes, at + 38),
    batches: lastOffset < 0 ? [] : [last],
  }
}
