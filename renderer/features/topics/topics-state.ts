/** What the Topics list computes: filter, totals, checks of a new topic. Pure. */

import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { formatRetention } from '../../format/time.ts'
import { isBehind } from '../../group-health.ts'

export type TopicFilter = { readonly find: string; readonly hasInternal: boolean }

/** Every word of the filter must be in the name, in any case. */
export function filterTopics(topics: readonly TopicRow[], { find, hasInternal }: TopicFilter): readonly TopicRow[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  return topics.filter(({ topic, isInternal }) => (hasInternal || !isInternal) && words.every(word => topic.toLowerCase().includes(word)))
}

export type Totals = {
  readonly topics: number
  readonly partitions: number
  readonly sizeBytes: number
  readonly inRate: number
  readonly internal: number
}

/** Of the user's own topics; internal ones are only counted. */
export function totalsOf(topics: readonly TopicRow[]): Totals {
  const own = topics.filter(topic => !topic.isInternal)
  const sum = (of: (topic: TopicRow) => number): number => own.reduce((total, topic) => total + of(topic), 0)
  return {
    topics: own.length,
    partitions: sum(topic => topic.partitionCount),
    sizeBytes: sum(topic => topic.sizeBytes),
    inRate: sum(topic => topic.inRecordsRate),
    internal: topics.length - own.length,
  }
}

/** `delete 7 d`, `compact`, `compact and delete 7 d`. */
export function describeKept({ cleanupPolicy, retentionMs }: Pick<TopicRow, 'cleanupPolicy' | 'retentionMs'>): string {
  const isCompacted = cleanupPolicy.includes('compact')
  if (isCompacted && !cleanupPolicy.includes('delete')) return 'compact'
  const kept = retentionMs < 0n ? 'for ever' : `delete ${formatRetention(retentionMs)}`
  return isCompacted ? `compact, ${kept}` : kept
}

/** The state of a topic's worst reader; null when nobody reads it. */
export function readerTone(topic: Pick<TopicRow, 'readBy'>, groups: ReadonlyMap<string, GroupRow>): 'good' | 'warn' | null {
  if (topic.readBy.length === 0) return null
  return topic.readBy.some(name => {
    const group = groups.get(name)
    return group !== undefined && isBehind(group)
  })
    ? 'warn'
    : 'good'
}

export type TopicNotice = { readonly tone: 'warn' | 'bad'; readonly word: string; readonly tip: string }

/** What is the matter with partitions of a topic: the worst of it in a word, all of it in the tip; null when nothing is. */
export function noticeOf(topic: Pick<TopicRow, 'offlineCount' | 'recoveringCount' | 'cutCount' | 'underReplicatedCount' | 'leaderlessCount'>, isCutDismissed: boolean): TopicNotice | null {
  const all = [
    { tone: 'bad' as const, count: topic.offlineCount, word: 'offline', what: 'takes no records' },
    { tone: 'bad' as const, count: topic.leaderlessCount, word: 'no leader', what: 'has no leader: the brokers that are in sync are down' },
    { tone: 'warn' as const, count: topic.recoveringCount, word: 'recovering', what: 'is checked after a stop that was not clean' },
    { tone: 'warn' as const, count: topic.underReplicatedCount, word: 'under-replicated', what: 'has fewer replicas in sync than brokers hold it' },
    { tone: 'warn' as const, count: isCutDismissed ? 0 : topic.cutCount, word: 'cut at start', what: 'lost records when it was opened' },
  ].filter(({ count }) => count > 0)
  const [worst] = all
  if (!worst) return null
  const sentences = all.map(({ count, what }) => `${plural(count, 'partition')}: ${count === 1 ? 'it' : 'each'} ${what}.`)
  return { tone: worst.tone, word: `${formatCount(worst.count)} ${worst.word}`, tip: `${sentences.join(' ')} Its partitions say more.` }
}

/** Who notices when a topic goes: a sentence for the confirmation. */
export function describeReaders(readBy: readonly string[]): string {
  if (readBy.length === 0) return 'No group reads it.'
  return `${plural(readBy.length, 'group')} ${readBy.length === 1 ? 'reads' : 'read'} it and will fail or start over: ${readBy.join(', ')}.`
}

export type Keep = '1h' | '1d' | '7d' | '30d' | 'ever'
export type Cleanup = 'delete' | 'compact' | 'compact,delete'
export type NewTopic = {
  readonly topic: string
  readonly partitions: string
  readonly keep: Keep
  readonly cleanup: Cleanup
  /** Empty: as the broker has it by default. */
  readonly replicas?: string
}

const HOUR = 3_600_000
const keptMs: Readonly<Record<Keep, number>> = { '1h': HOUR, '1d': 24 * HOUR, '7d': 168 * HOUR, '30d': 720 * HOUR, ever: -1 }
const PARTITIONS_MAX = 10_000

/** Why a name cannot be used, by Kafka's rules; null when it can. */
export function nameProblem(name: string, existing: ReadonlySet<string>): string | null {
  if (name === '') return 'A topic needs a name.'
  if (name === '.' || name === '..') return `${name} is not a topic name.`
  const wrong = /[^a-zA-Z0-9._-]/u.exec(name)?.[0]
  if (wrong !== undefined) return `${wrong === ' ' ? 'A space' : `“${wrong}”`} is not allowed; use a-z A-Z 0-9 . _ -`
  if (name.length > 249) return `${name.length} characters; 249 is the most.`
  if (existing.has(name)) return `${name} exists already.`
  const twin = [...existing].find(other => other.replaceAll('.', '_') === name.replaceAll('.', '_'))
  return twin === undefined ? null : `It would collide with ${twin}: Kafka counts . and _ as the same in metrics.`
}

export function partitionsProblem(partitions: string): string | null {
  const count = /^\d{1,6}$/.test(partitions) ? Number(partitions) : Number.NaN
  return count >= 1 && count <= PARTITIONS_MAX ? null : `A whole number from 1 to ${PARTITIONS_MAX.toLocaleString('en-US')}.`
}

/** What the engine is asked for. */
export function createInput({ topic, partitions, keep, cleanup, replicas = '' }: NewTopic): {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor?: number
  readonly configs: Record<string, string>
} {
  return {
    topic,
    partitions: Number(partitions),
    ...(replicas === '' ? {} : { replicationFactor: Number(replicas) }),
    configs: { 'cleanup.policy': cleanup, ...(cleanup === 'compact' ? {} : { 'retention.ms': String(keptMs[keep]) }) },
  }
}
