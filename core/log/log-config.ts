/** The settings of a partition's log: Kafka's topic configs of the same names, resolved; replaced as a whole on change. */

export type LogConfig = {
  readonly segmentBytes: number
  readonly segmentMs: number
  /** The most that is taken at random from segmentMs, so that segments of many partitions do not roll together. */
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly maxMessageBytes: number
  /** -1 keeps for ever. */
  readonly retentionMs: number
  /** -1 keeps all. */
  readonly retentionBytes: number
  readonly cleanupPolicy: readonly ('delete' | 'compact')[]
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** Accepted distance of a record's timestamp before and after the broker's clock; Infinity for none. */
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly compressionLevels: { readonly gzip: number; readonly lz4: number; readonly zstd: number }
  readonly minInsyncReplicas: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  /** A flush is forced after so many records, and so many milliseconds after a record; Infinity leaves it to the system. */
  readonly flushMessages: number
  readonly flushMs: number
  readonly preallocate: boolean
  /** Dirty bytes of all bytes from which a compacted log is cleaned. */
  readonly minCleanableDirtyRatio: number
  /** The age at which a record may be compacted at the earliest, and must be at the latest; Infinity for no latest. */
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
}

/** Kafka 4.3's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  maxMessageBytes: 1_048_588,
  retentionMs: 604_800_000,
  retentionBytes: -1,
  cleanupPolicy: ['delete'],
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  compressionType: 'producer',
  compressionLevels: { gzip: -1, lz4: 9, zstd: 3 },
  minInsyncReplicas: 1,
  deleteRetentionMs: 86_400_000,
  fileDeleteDelayMs: 60_000,
  flushMessages: Infinity,
  flushMs: Infinity,
  preallocate: false,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
}
