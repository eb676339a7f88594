/** The settings of a partition's log: Kafka's topic configs of the same names, resolved; replaced as a whole on change. */

export type LogConfig = {
  readonly segmentBytes: number
  readonly segmentMs: number
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
  readonly minInsyncReplicas: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
}

/** Kafka 4.3's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
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
  minInsyncReplicas: 1,
  deleteRetentionMs: 86_400_000,
  fileDeleteDelayMs: 60_000,
}
