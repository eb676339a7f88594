/** What the palette offers for a query: places, commands, and acts on the topics that match. Pure. */

import type { Command } from '../commands.ts'
import { formatRate, formatShort, plural } from '../format/figures.ts'
import { matchFuzzy } from '../fuzzy.ts'
import type { Place } from '../places.ts'
import type { IconName } from '../ui/icons.tsx'
import type { GroupRow } from '../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../core/studio/contract/topics.ts'

export type PaletteItem = {
  readonly id: string
  readonly section: 'Go to' | 'Do'
  readonly title: string
  /** Positions of the title that matched. */
  readonly matched: readonly number[]
  readonly note: string
  readonly icon: IconName
  readonly keys: string | null
  readonly act: { readonly is: 'go'; readonly place: Place } | { readonly is: 'perform'; readonly command: Command }
}

export type PaletteSource = {
  readonly commands: readonly Command[]
  readonly topics: readonly TopicRow[]
  readonly groups: readonly GroupRow[]
}

const SHOWN_MAX = 50
const ACTS_FOR_TOPICS = 3

/** `>` commands only, `#` topics only, `@` groups only. `total` counts what there is, not what is shown. */
export function paletteItems(query: string, source: PaletteSource): { readonly items: readonly PaletteItem[]; readonly total: number } {
  const scope = ['>', '#', '@'].find(mark => query.startsWith(mark))
  const text = (scope ? query.slice(1) : query).trim()
  const has = (mark: string): boolean => scope === undefined || scope === mark
  const topics = has('#') ? rank(text, source.topics.filter(topic => !topic.isInternal || text.startsWith('_')).map(topicItem)) : []
  const groups = has('@') ? rank(text, source.groups.map(groupItem)) : []
  const commands = has('>') ? rank(text, source.commands.filter(command => command.id !== 'view.palette').map(commandItem)) : []
  const places = commands.filter(item => item.section === 'Go to')
  const acts = commands.filter(item => item.section === 'Do')
  const produce = scope === undefined && text !== '' ? topics.slice(0, ACTS_FOR_TOPICS).map(produceItem) : []
  const all = text === '' ? [...places, ...topics, ...groups, ...acts] : [...topics, ...groups, ...places, ...acts, ...produce]
  const total = source.topics.length + source.groups.length + source.commands.length
  return { items: sections(all).slice(0, SHOWN_MAX), total }
}

type Candidate = PaletteItem & { readonly synonyms: string }

function rank(text: string, candidates: readonly Candidate[]): readonly PaletteItem[] {
  if (text === '') return candidates
  const found = candidates.flatMap(candidate => {
    const match = matchFuzzy(text, candidate.title)
    if (match) return [{ ...candidate, matched: match.at, score: match.score }]
    const other = candidate.synonyms === '' ? null : matchFuzzy(text, candidate.synonyms)
    // Synonyms count only when they contain the query as it stands: scattered letters find everything.
    return other && other.score >= 50 ? [{ ...candidate, matched: [], score: other.score / 10 }] : []
  })
  return found.sort((a, b) => b.score - a.score)
}

/** Items of one section stand together; the order inside stays. */
function sections(items: readonly PaletteItem[]): readonly PaletteItem[] {
  return [...items.filter(item => item.section === 'Go to'), ...items.filter(item => item.section === 'Do')]
}

function topicItem(row: TopicRow): Candidate {
  return {
    id: `topic ${row.topic}`,
    section: 'Go to',
    title: row.topic,
    matched: [],
    icon: 'topics',
    keys: null,
    synonyms: '',
    note: `topic · ${plural(row.partitionCount, 'partition')} · ${formatRate(row.inRecordsRate)}`,
    act: { is: 'go', place: { at: 'topic', topic: row.topic, tab: 'messages' } },
  }
}

function groupItem(row: GroupRow): Candidate {
  const reads = row.topics.length > 0 ? `reads ${row.topics.slice(0, 2).join(', ')}` : row.state
  return {
    id: `group ${row.group}`,
    section: 'Go to',
    title: row.group,
    matched: [],
    icon: 'groups',
    keys: null,
    synonyms: row.topics.join(' '),
    note: `group · ${reads}${row.lag ? ` · ${formatShort(row.lag)} unread` : ''}`,
    act: { is: 'go', place: { at: 'group', group: row.group, tab: 'lag' } },
  }
}

function commandItem(command: Command): Candidate {
  return {
    id: command.id,
    section: command.group === 'Go to' ? 'Go to' : 'Do',
    title: command.title,
    matched: [],
    icon: command.icon ?? 'right',
    keys: command.keys?.[0] ?? null,
    synonyms: command.synonyms ?? '',
    note: '',
    act: { is: 'perform', command },
  }
}

function produceItem(topic: PaletteItem): PaletteItem {
  const lead = 'Produce to '
  return {
    ...topic,
    id: `produce ${topic.title}`,
    section: 'Do',
    title: `${lead}${topic.title}`,
    matched: topic.matched.map(at => at + lead.length),
    note: '',
    icon: 'produce',
    act: { is: 'go', place: { at: 'produce', topic: topic.title } },
  }
}
