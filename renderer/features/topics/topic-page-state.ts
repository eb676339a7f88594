/** What the tabs of a topic compute. Pure. */

import type { ConfigRow, PartitionRow } from '../../../core/studio/contract/topics.ts'
import { formatBytes } from '../../format/figures.ts'
import { formatRetention } from '../../format/time.ts'

/** Seconds of what comes in: a lag above it is not just the time between two commits. */
const LARGE_LAG_SECONDS = 10
const LARGE_LAG_MIN = 1000n

export function isLagLarge({ worstLag, inRecordsRate }: Pick<PartitionRow, 'worstLag' | 'inRecordsRate'>): boolean {
  return worstLag !== null && worstLag >= LARGE_LAG_MIN && Number(worstLag) > inRecordsRate * LARGE_LAG_SECONDS
}

/** A partition has records of a transaction that is open: readers of committed records wait before them. */
export function hasUndecided(partitions: readonly Pick<PartitionRow, 'highWatermark' | 'lastStableOffset'>[]): boolean {
  return partitions.some(({ highWatermark, lastStableOffset }) => lastStableOffset < highWatermark)
}

/** The partition that holds more than twice its share; null when none does, or there are too few records to tell. */
export function skewOf(
  partitions: readonly Pick<PartitionRow, 'partition' | 'startOffset' | 'endOffset'>[],
): { readonly partition: number; readonly percent: number } | null {
  const counts = partitions.map(({ partition, startOffset, endOffset }) => ({ partition, count: Number(endOffset - startOffset) }))
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const largest = counts.reduce<(typeof counts)[number] | null>(
    (most, next) => (most === null || next.count > most.count ? next : most),
    null,
  )
  if (!largest || partitions.length < 2 || total < 1000 || largest.count <= (2 * total) / partitions.length) return null
  return { partition: largest.partition, percent: Math.round((100 * largest.count) / total) }
}

/** A config's value as people read it: `7 d`, `134 MB`, `no limit`; empty when the value says it already. */
export function readableConfig({ name, value }: Pick<ConfigRow, 'name' | 'value'>): string {
  if (value === null || !/^-?\d{1,19}$/.test(value)) return ''
  const figure = BigInt(value)
  // Tiered storage: as the topic's own retention.
  if (figure === -2n) return 'as retention'
  if (figure === 9_223_372_036_854_775_807n) return 'no limit'
  if (name.endsWith('.ms')) return figure < 0n ? 'for ever' : figure < 1000n ? '' : formatRetention(figure)
  if (name.endsWith('.bytes') || name === 'segment.bytes') return figure < 0n ? 'no limit' : figure < 1000n ? '' : formatBytes(figure)
  return ''
}

/** What was set on the topic first, then by name. */
export function sortConfigs(configs: readonly ConfigRow[]): readonly ConfigRow[] {
  const rank = { topic: 0, broker: 1, default: 2 }
  return [...configs].sort((a, b) => rank[a.source] - rank[b.source] || (a.name < b.name ? -1 : 1))
}

/** `kept 7 d`, `compacted`, `compacted, kept 7 d`, from what the list says in its column. */
export function keptInWords(kept: string): string {
  return kept
    .split(', ')
    .map(part => (part === 'compact' ? 'compacted' : `kept ${part.replace(/^delete /, '')}`))
    .join(', ')
}

/** Why a topic cannot have that many partitions; null when it can. */
export function growProblem(total: string, now: number): string | null {
  const count = /^\d{1,6}$/.test(total) ? Number(total) : Number.NaN
  if (Number.isNaN(count) || count > 10_000) return 'A whole number up to 10,000.'
  if (count < now) return `It has ${now} already; partitions can be added, never removed.`
  return count === now ? `It has ${now} already.` : null
}
