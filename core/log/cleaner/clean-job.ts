/** What a compaction needs to know and what it answers: plain values, since it runs on another thread than the log it compacts. */

import type { AbortedTransaction } from '../transaction-index.ts'

/** A closed segment to be compacted. */
export type SourceSegment = {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** Bytes of its .index and of its .timeindex. */
  readonly indexBytes: number
  readonly timeIndexBytes: number
}

/** The last record of a producer that may come again: its batch stays, emptied if need be, for its sequence and epoch. */
export type LastOfProducer = {
  readonly producerId: number
  readonly epoch: number
  /** -1 when nothing but markers is known of it. */
  readonly lastDataOffset: number
}

export type CleanJob = {
  readonly topic: string
  readonly partition: number
  /** The partition's folder. */
  readonly folder: string
  /** All closed segments from the start of the log up to `endOffset`, in order. */
  readonly segments: readonly SourceSegment[]
  /** Where the last compaction ended: before it every key occurs once. */
  readonly firstDirtyOffset: number
  /** Nothing at or above it is compacted; a segment begins there. */
  readonly endOffset: number
  /** Aborted transactions that overlap the segments. */
  readonly aborted: readonly AbortedTransaction[]
  readonly lastOfProducers: readonly LastOfProducer[]
  /** Milliseconds since the epoch, for delete horizons. */
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** Memory for the map of keys: log.cleaner.dedupe.buffer.size. */
  readonly mapBytes: number
  /** Read and written together: log.cleaner.io.max.bytes.per.second; Infinity for no limit. */
  readonly bytesPerSecond: number
}

/** Files written beside the originals, `<base>.log.cleaned` and its indexes, flushed: ready to take their place. */
export type CleanedGroup = {
  /** Base offsets of the segments they replace, neighbours; the first is also theirs. */
  readonly replaced: readonly number[]
  readonly sizeBytes: number
  readonly offsetEntries: number
  readonly timeEntries: number
  /** Whether there is a .txnindex too. */
  readonly hasTransactions: boolean
}

export type CleanProgress = {
  readonly topic: string
  readonly partition: number
  /** Of both passes: the dirty part is read for its keys, then everything to be copied. */
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly bytesWritten: number
  /** Given with the progress that completes a group; the work goes on with the next one. */
  readonly group?: CleanedGroup
}

export type CleanResult =
  | {
      readonly is: 'cleaned'
      /** The log is compacted up to here: at most `endOffset`, less when the map of keys was full before. */
      readonly endOffset: number
      readonly bytesRead: number
      readonly bytesWritten: number
      readonly recordsRead: number
      readonly recordsKept: number
    }
  /** The signal was given, or a segment went away under the work: what was not swapped in was removed again. */
  | { readonly is: 'aborted' }
  /** The segments cannot be compacted as they are, and trying again would not help. */
  | { readonly is: 'uncleanable'; readonly reason: string }

export type CleanWatch = { readonly onProgress: (progress: CleanProgress) => void; readonly signal: AbortSignal }
