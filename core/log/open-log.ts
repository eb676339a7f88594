/** How a partition's log comes to be: its folder made, its files trusted or recovered. */

import { basename, dirname } from 'node:path'
import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import type { CleanFacts, LastStop } from './last-stop.ts'
import type { LogConfig } from './log-config.ts'
import { encodePartitionMetadata, PARTITION_METADATA_FILE, readPartitionMetadata } from './log-files.ts'
import { type Recovered, recoverLog } from './recovery.ts'
import type { SegmentDeletion } from './segment-deletion.ts'
import { trustFilesNow } from './trusted-files.ts'
import type { BatchCheck } from './slow-work.ts'

export type PartitionLogOptions = {
  readonly disk: Disk
  readonly clock: Clock
  /** The partition's own folder; made when it is missing. */
  readonly folder: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly config: LogConfig
  /** The last stop was clean: files are trusted. Else everything from `recoveryPoint` on is verified. */
  readonly isClean: boolean
  /** The same, told more closely: takes the place of `isClean`. */
  readonly lastStop?: LastStop
  /** Of a clean stop: what the files held. */
  readonly facts?: CleanFacts | undefined
  /** Where recovery puts what it takes out; by default in `set-aside` beside the folder of all logs. */
  readonly setAsideFolder?: string
  /** Gives a long recovery up. */
  readonly signal?: AbortSignal
  readonly recoveryPoint?: number
  /** Below it a compacted log may lack offsets between two segments, by Kafka's cleaner; anywhere unless told. */
  readonly holesUpTo?: number
  readonly startOffset?: number
  /** A flush failed in an earlier run of this boot: the page cache may have what no flush will write, unless it is written again. */
  readonly isSuspect?: boolean
  /** Told when a flush fails, and when all that it covered was written again. */
  readonly onSuspect?: (isSuspect: boolean) => void
  readonly logger: Logger
  /** For what is taken at random from segment.ms. */
  readonly random?: Random
  /** Where batches that would hold up the serving thread are checked; in this thread unless told. */
  readonly work?: BatchCheck
  /** Unlinks what the log drops; one for all logs of a data folder. */
  readonly deletion?: SegmentDeletion
}

export type LogParts = Recovered & {
  readonly recoveryPoint: number
  /** The producers' snapshot at the end offset is as they are. */
  readonly hasSnapshot: boolean
}

/** Makes the folder when it is missing, and recovers what the last stop left in doubt. Rejects when the disk fails. */
export async function openParts(options: PartitionLogOptions): Promise<LogParts> {
  const { disk, folder, isClean, recoveryPoint = 0, holesUpTo = Infinity, startOffset = 0 } = options
  const hasMetadata = readPartitionMetadata(disk.readSmallNow(`${folder}/${PARTITION_METADATA_FILE}`)) !== undefined
  if (!hasMetadata) await disk.makeFolder(folder)
  const writeMetadata = (): void => disk.replaceNow(`${folder}/${PARTITION_METADATA_FILE}`, encodePartitionMetadata(options.topicId))
  // Of a folder that vanished it comes last: one without is taken for vanished again, and gets its new epoch.
  if (!hasMetadata && options.lastStop !== 'vanished') writeMetadata()
  const lastStop = options.lastStop ?? (isClean ? 'clean' : 'rebooted')
  const setAsideFolder = options.setAsideFolder ?? `${dirname(dirname(folder))}/set-aside/${basename(folder)}`
  const recovered = await recoverLog({ ...options, lastStop, setAsideFolder, recoveryPoint, holesUpTo, startOffset })
  // Its new epoch must not be lost with the folder: the next one would be no other.
  // Nor with that of one whose flush failed, which may never have been on the disk.
  if (lastStop === 'vanished' || options.isSuspect) for (const made of [folder, dirname(folder)]) await disk.flushFolder(made)
  if (!hasMetadata && lastStop === 'vanished') writeMetadata()
  return { ...recovered, recoveryPoint: Math.min(recoveryPoint, recovered.endOffset), hasSnapshot: false }
}

/** Without a wait, when the files are as a clean stop left them; undefined, and nothing changed, when anything is odd. */
export function openPartsNow(options: PartitionLogOptions): LogParts | undefined {
  const { disk, folder, topicId, recoveryPoint = 0 } = options
  if (readPartitionMetadata(disk.readSmallNow(`${folder}/${PARTITION_METADATA_FILE}`)) !== topicId) return undefined
  const trusted = trustFilesNow(options)
  return trusted && { ...trusted, recoveryPoint: Math.min(recoveryPoint, trusted.endOffset), hasSnapshot: true }
}
