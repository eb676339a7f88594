/**
 * What the last run left behind, told from two small files in `logs/`: the marker of a clean stop and the file of the boot. The same boot
 * of the machine means that the page cache survived, with all that any process had written; another one means that only what was
 * flushed is sure to be there.
 */

import type { Disk } from '../common/disk.ts'
import { crc32c } from '../records/crc32c.ts'

/** Kafka's name; Kafka reads the first two members and that it is there. */
const MARKER = '.kafka_cleanshutdown'
const BOOT = '.millrace_boot'

/**
 * How a partition's files were left, and so how far they are trusted.
 * - `new`: there were none.
 * - `vanished`: there were some, and their folder is gone.
 * - `clean`: stopped cleanly since the machine started: as they were left.
 * - `rebooted`: stopped cleanly before the machine restarted: verified from the recovery point on.
 * - `killed`: not stopped, and the page cache survived: only what lies after the last index entry in the file is verified.
 * - `power-loss`: not stopped, and what was not flushed may be gone without a trace: verified as `rebooted`, and a new leader epoch.
 */
export type LastStop = 'new' | 'vanished' | 'clean' | 'rebooted' | 'killed' | 'power-loss'

/** What a clean stop says of a partition: enough to answer for it before its log is opened, and to tell whether its files are the same. */
export type CleanFacts = {
  readonly startOffset: number
  readonly endOffset: number
  readonly leaderEpoch: number
  /** Bytes of all .log files, and how many there are. */
  readonly sizeBytes: number
  readonly segmentCount: number
  /** Bytes of all .txnindex files, which may be there or not. */
  readonly transactionIndexBytes: number
  readonly recoveryPoint: number
  /** From when retention.ms counts for the first segment, ms since 1970. */
  readonly retainedFromMs: number
}

export type LeftBehind = {
  /** The marker was there: the last stop was clean, but for the partitions it names. */
  readonly isClean: boolean
  readonly facts: ReadonlyMap<string, CleanFacts>
  /** A flush of the partition failed in this boot, and what it covered was not written again. */
  readonly isSuspect: (name: string) => boolean
  /** By the name of the partition's folder, which is there. */
  readonly lastStopOf: (name: string) => LastStop
}

const ROW_LENGTH = 8
/** `flush-failed`: as `power-loss`, and a flush writes nothing of it, for the system takes it for written. */
const doubts = ['rebooted', 'killed', 'power-loss', 'flush-failed'] as const
/** Why a partition is not trusted after a clean stop: nobody verified it since. */
export type Doubt = (typeof doubts)[number]

type Marker = { readonly bootId: string | undefined; readonly unverified: ReadonlyMap<string, Doubt>; readonly facts: ReadonlyMap<string, CleanFacts> }

export function readLeftBehind(disk: Disk, folder: string): LeftBehind {
  const bootId = disk.bootId()
  const isThisBoot = (other: string | undefined): boolean => other !== undefined && other === bootId
  const marker = readMarker(disk.readSmallNow(`${folder}/${MARKER}`))
  if (marker) {
    const other = isThisBoot(marker.bootId) ? 'clean' : 'rebooted'
    return {
      isClean: true,
      facts: marker.facts,
      isSuspect: name => other === 'clean' && marker.unverified.get(name) === 'flush-failed',
      lastStopOf: name => {
        const doubt = marker.unverified.get(name)
        return doubt === undefined ? other : other === 'clean' && doubt !== 'flush-failed' ? doubt : 'power-loss'
      },
    }
  }
  const boot = readBoot(disk.readSmallNow(`${folder}/${BOOT}`))
  const isKilled = isThisBoot(boot?.bootId)
  const isSuspect = (name: string): boolean => isKilled && boot?.flushFailed.has(name) === true
  return { isClean: false, facts: new Map(), isSuspect, lastStopOf: name => (isKilled && !boot?.unverified.has(name) && !isSuspect(name) ? 'killed' : 'power-loss') }
}

/**
 * From here on a stop that is not marked is an unclean one of this boot; `unverified` names the partitions that nobody verified since
 * another one, `flushFailed` those of which a flush failed. Need not be durable: a file of an earlier boot says the same as none.
 */
export function noteBootNow(disk: Disk, folder: string, unverified: Iterable<string>, flushFailed: Iterable<string> = []): void {
  const bootId = disk.bootId()
  disk.replaceNow(`${folder}/${BOOT}`, Buffer.from(JSON.stringify({ version: 0, bootId: bootId ?? null, unverified: [...unverified], flushFailed: [...flushFailed] })))
}

/** Takes the marker away, durably: also a loss of power in this run must not be taken for a clean stop. */
export async function removeMarker(disk: Disk, folder: string): Promise<void> {
  if (!disk.existsNow(`${folder}/${MARKER}`)) return
  disk.removeNow(`${folder}/${MARKER}`)
  await disk.flushFolder(folder)
}

/** Not flushed: when power is lost now, what the logs had not flushed is lost too, and the marker with its facts tells or is not there. */
export function writeMarkerNow(disk: Disk, folder: string, o: { readonly unverified: ReadonlyMap<string, Doubt>; readonly facts: ReadonlyMap<string, CleanFacts> }): void {
  const told = {
    bootId: disk.bootId() ?? null,
    unverified: Object.fromEntries(o.unverified),
    partitions: Object.fromEntries([...o.facts].map(([name, facts]) => [name, rowOf(facts)])),
  }
  disk.replaceNow(`${folder}/${MARKER}`, Buffer.from(JSON.stringify({ version: 0, brokerEpoch: -1, ...told, crc: crcOf(told) })))
}

/** Of what the marker tells, as it is written. */
function crcOf({ bootId, unverified, partitions }: Record<string, unknown>): number {
  return crc32c(Buffer.from(JSON.stringify({ bootId, unverified, partitions })))
}

function rowOf(facts: CleanFacts): number[] {
  return [facts.startOffset, facts.endOffset, facts.leaderEpoch, facts.sizeBytes, facts.segmentCount, facts.transactionIndexBytes, facts.recoveryPoint, facts.retainedFromMs]
}

/** Undefined when there is none, or when it is not whole: a loss of power may have torn it. */
function readMarker(content: Buffer | undefined): Marker | undefined {
  const json = parse(content)
  if (json?.['version'] !== 0) return undefined
  // One of an earlier version names no boot, and tells nothing that would have to be right.
  const isOld = !('bootId' in json || 'partitions' in json || 'crc' in json)
  if (!isOld && json['crc'] !== crcOf(json)) return undefined
  const unverified = new Map<string, Doubt>()
  // Before there were reasons it was a list.
  const entries = Array.isArray(json['unverified']) ? json['unverified'].map(name => [name, 'power-loss']) : entriesOf(json['unverified'])
  for (const [name, why] of entries) unverified.set(String(name), doubts.find(doubt => doubt === why) ?? 'power-loss')
  const facts = new Map<string, CleanFacts>()
  for (const [name, row] of entriesOf(json['partitions'])) {
    const read = readRow(row)
    if (read) facts.set(name, read)
  }
  return { bootId: typeof json['bootId'] === 'string' ? json['bootId'] : undefined, unverified, facts }
}

function readRow(row: unknown): CleanFacts | undefined {
  if (!Array.isArray(row) || row.length !== ROW_LENGTH || !row.every(value => Number.isSafeInteger(value))) return undefined
  const [startOffset = 0, endOffset = 0, leaderEpoch = 0, sizeBytes = 0, segmentCount = 0, transactionIndexBytes = 0, recoveryPoint = 0, retainedFromMs = 0] = row as number[] // checked just above
  return { startOffset, endOffset, leaderEpoch, sizeBytes, segmentCount, transactionIndexBytes, recoveryPoint, retainedFromMs }
}

function readBoot(content: Buffer | undefined): { readonly bootId: string; readonly unverified: ReadonlySet<string>; readonly flushFailed: ReadonlySet<string> } | undefined {
  const json = parse(content)
  if (json?.['version'] !== 0 || typeof json['bootId'] !== 'string') return undefined
  const namesIn = (list: unknown): Set<string> => new Set(Array.isArray(list) ? list.map(String) : [])
  return { bootId: json['bootId'], unverified: namesIn(json['unverified']), flushFailed: namesIn(json['flushFailed']) }
}

function parse(content: Buffer | undefined): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(content?.toString('utf8') ?? '')
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined // an object, whatever is in it
  } catch {
    return undefined
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
