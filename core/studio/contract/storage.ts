/** How a partition is stored, whether its disk takes records, and what was done to its files. */

export type PartitionHealth =
  | { readonly is: 'online' }
  /** It takes no records; `reason` says what the disk answered, or why the log could not be opened. */
  | { readonly is: 'offline'; readonly reason: string }

/** What recovery did with a log when it was opened. */
export type RecoveryRow = {
  /** `new`: there was none. `vanished`: there should have been one. `clean`: trusted. `tail`: read from the last index entry on. `scan`: from the last flush on. */
  readonly how: 'new' | 'vanished' | 'clean' | 'tail' | 'scan'
  readonly scannedBytes: number
  /** Bytes taken out of the log, and the offset it ended at when the first of them went; null when none did. */
  readonly cutBytes: number
  readonly cutOffset: bigint | null
  /** The folder where they are kept; null when there was nothing worth keeping: a batch half written when the process was killed. */
  readonly setAside: string | null
  readonly rebuiltIndexes: number
  readonly tookMs: number
  /** Readers learn by a new leader epoch that records may be missing. */
  readonly isEpochRaised: boolean
}

/** Of a log that is compacted. */
export type CleaningRow = {
  readonly state:
    | { readonly is: 'idle' }
    /** `bytesTotal` counts both passes: the dirty part is read for its keys, then everything that is copied. */
    | { readonly is: 'cleaning'; readonly bytesRead: number; readonly bytesTotal: number; readonly bytesWritten: number }
    | { readonly is: 'uncleanable'; readonly reason: string }
  /** Dirty bytes of all that may be compacted, 0 to 1, and from where on it is worth it (min.cleanable.dirty.ratio). */
  readonly dirtyRatio: number
  readonly dirtyRatioMin: number
  /** Before it every key occurs once; null when it never was compacted. */
  readonly cleanedUpTo: bigint | null
  /** The last time since the broker started. */
  readonly last: {
    /** Milliseconds since the epoch. */
    readonly endedAt: number
    readonly tookMs: number
    readonly bytesBefore: number
    readonly bytesAfter: number
    readonly recordsBefore: number
    readonly recordsAfter: number
  } | null
}

export type SegmentRow = {
  readonly baseOffset: bigint
  /** Of the .log file. */
  readonly sizeBytes: number
  readonly isActive: boolean
  /** Timestamps of the first batch and the greatest of all, ms since the epoch; null while not known, or when there are none. */
  readonly firstTimestamp: number | null
  readonly maxTimestamp: number | null
}

/** A producer that has a transaction open in the partition. */
export type OpenTransactionRow = {
  readonly producerId: bigint
  readonly epoch: number
  readonly firstOffset: bigint
  /** Of its last batch, ms since the epoch. */
  readonly lastTimestamp: number
  /** null when no coordinator knows of it: nobody is going to end it by itself. */
  readonly transactionalId: string | null
}

/** A partition of which something must be known at a glance. */
export type PartitionNotice = { readonly topic: string; readonly partition: number; readonly reason: string }
/** Records from `fromOffset` to before `toOffset` are not as they were written, and are not served. */
export type DamageNotice = { readonly topic: string; readonly partition: number; readonly fromOffset: bigint; readonly toOffset: bigint }
export type CutNotice = {
  readonly topic: string
  readonly partition: number
  /** Its whole folder was gone: it began anew. */
  readonly hasVanished: boolean
  readonly cutBytes: number
  readonly cutOffset: bigint | null
  readonly setAside: string | null
}
