/** Subscriptions by pattern: checked with the heartbeat that brings them, resolved behind it, and again when there are new topics or in time. */

import { compilePattern } from '../common/re2.ts'
import type { ConsumerContext } from './consumer-context.ts'
import { epochRecord, type Draft } from './consumer-draft.ts'
import { REGEXES_TIMER, type ConsumerGroup } from './consumer-group.ts'
import type { GroupRecord, StoredRegex } from './stored.ts'
import { resolvePatterns } from './topic-patterns.ts'

/** Patterns of a group are resolved together, and not more often than this. */
const RESOLVE_AT_MOST_EVERY_MS = 10_000

export type RegexChange =
  | { readonly is: 'same' }
  /** The topics of the new pattern are known, or there is no pattern any more: a new assignment can be made at once. */
  | { readonly is: 'resolved' }
  | { readonly is: 'unresolved' }
  | { readonly is: 'invalid'; readonly message: string }

/** What the draft does to the patterns of its group; tombstones of those that go are added to it. */
export function changeRegex(draft: Draft): RegexChange {
  const { group, before, member, records } = draft
  const [from, to] = [before.subscribedRegex ?? '', member.subscribedRegex ?? '']
  if (from === to) return { is: before.subscribedRegex === member.subscribedRegex ? 'same' : 'unresolved' }
  if (from !== '' && subscriberCount(group, from) === 1) {
    draft.droppedRegexes.add(from)
    records.push({ is: 'regex', groupId: group.groupId, regex: from, value: null })
  }
  if (to === '' || group.regexes.has(to)) return { is: 'resolved' }
  if (subscriberCount(group, to) > 0) return { is: 'unresolved' }
  const pattern = compilePattern(to)
  return 'error' in pattern
    ? { is: 'invalid', message: `SubscribedTopicRegex \`${to.slice(0, 256)}\` is not a valid regular expression: ${pattern.error}.` }
    : { is: 'unresolved' }
}

function subscriberCount(group: ConsumerGroup, regex: string): number {
  return group.regexSubscriptions.get(regex) ?? 0
}

/** Resolves the group's patterns behind the request where it is time to: some are new, topics are, or the last time is long ago. */
export function resolveRegexes(context: ConsumerContext, group: ConsumerGroup): void {
  if (group.isResolvingRegexes) return
  const patterns = group.regexSubscriptions
  if (patterns.size === 0) return
  const nowMs = context.clock.now()
  const resolved = [...group.regexes.values()]
  const lastMs = resolved.reduce((last, { timestampMs }) => Math.max(last, timestampMs), -Infinity)
  // A last time that lies ahead is of a clock that was set back since.
  if (nowMs >= lastMs && nowMs <= lastMs + RESOLVE_AT_MOST_EVERY_MS) return
  const isDue = patterns.size !== resolved.length || nowMs < lastMs || nowMs > lastMs + context.config.regexRefreshMs
    || resolved.some(({ version }) => version < context.newTopicAtMs())
  if (!isDue) return
  group.isResolvingRegexes = true
  resolvePatterns({
    patterns: [...patterns.keys()], names: [...context.topics.names()], clock: context.clock, timers: group.timers, timer: REGEXES_TIMER,
    done: topics => storeResolved(context, group, topics, nowMs),
  })
}

/** Stores what patterns stand for, and raises the group's epoch when that is something else than before. */
function storeResolved(context: ConsumerContext, group: ConsumerGroup, resolved: ReadonlyMap<string, readonly string[]>, nowMs: number): void {
  group.isResolvingRegexes = false
  const { groupId } = group
  const regexes = new Map<string, StoredRegex>(group.regexes)
  const records: GroupRecord[] = []
  let isOther = false
  for (const [regex, topics] of resolved) {
    if (subscriberCount(group, regex) === 0) continue
    const value = { topics: [...topics].sort(), version: nowMs, timestampMs: nowMs }
    if (!sameTopics(group.regexes.get(regex)?.topics ?? [], value.topics)) isOther = true
    regexes.set(regex, value)
    records.push({ is: 'regex', groupId, regex, value })
  }
  const epoch = epochRecord(context, group, group.members, regexes)
  const hasOtherTopics = epoch.is === 'consumer-group' && epoch.value?.metadataHash !== group.metadataHash
  const error = context.writeInParts(groupId, isOther || hasOtherTopics ? [...records, epoch] : records)
  if (error !== 'NONE') context.logger.warn('the topics of a group\'s patterns could not be stored', { group: groupId, error })
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  const others = new Set(b)
  return others.size === a.length && a.every(topic => others.has(topic))
}
