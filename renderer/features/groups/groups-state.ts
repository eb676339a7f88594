/** What the Groups screen computes: who keeps up, the filter, words for states, who holds which partitions. Pure. */

import type { GroupDetail, GroupMemberRow, GroupOffsetRow, GroupRow } from '../../../core/studio/contract/groups.ts'
import { formatCount, formatRate, plural } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'
import { formatDuration } from '../../format/time.ts'
import { isBehind, secondsBehind } from '../../group-health.ts'

export type Which = 'all' | 'behind' | 'empty'
export type GroupFilter = { readonly find: string; readonly which: Which }

export function isEmptyGroup({ memberCount }: Pick<GroupRow, 'memberCount'>): boolean {
  return memberCount === 0
}

/** Every word of the filter must be in the group's name or in a topic it reads, in any case. */
export function filterGroups(groups: readonly GroupRow[], { find, which }: GroupFilter): readonly GroupRow[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  const isShown = { all: () => true, behind: isBehind, empty: isEmptyGroup }[which]
  return groups.filter(group => {
    const names = [group.group, ...group.topics].map(name => name.toLowerCase())
    return isShown(group) && words.every(word => names.some(name => name.includes(word)))
  })
}

export type GroupTotals = { readonly all: number; readonly behind: number; readonly empty: number }

export function totalsOf(groups: readonly GroupRow[]): GroupTotals {
  return { all: groups.length, behind: groups.filter(isBehind).length, empty: groups.filter(isEmptyGroup).length }
}

/** The one that is furthest behind, of those that are; undefined when all keep up. */
export function worstOf(groups: readonly GroupRow[]): GroupRow | undefined {
  return groups.filter(isBehind).toSorted((a, b) => compareLag(b, a))[0]
}

/** By unread records; a group without a committed offset comes first. */
export function compareLag(a: Pick<GroupRow, 'lag'>, b: Pick<GroupRow, 'lag'>): number {
  const [left, right] = [a.lag ?? -1n, b.lag ?? -1n]
  return left < right ? -1 : left > right ? 1 : 0
}

/** `is 44.5 s behind, most of it on orders-2`, after the name of a group that is behind. */
export function describeBehind(group: GroupRow): string {
  const seconds = secondsBehind(group)
  const amount = seconds === null ? plural(group.lag ?? 0n, 'record') : formatDuration(Math.round(seconds * 10) * 100)
  return `is ${amount} behind${describeWorst(group)}`
}

function describeWorst({ worst, lag }: GroupRow): string {
  if (worst === null) return ''
  return `, ${worst.lag === lag ? 'all' : 'most'} of it on ${worst.topic}-${worst.partition}`
}

/** Where a group stands, after its name: what is unread, the pace, and why nothing moves when nothing does. */
export function describeLag(group: GroupRow): string {
  if (group.lag === null) return isEmptyGroup(group) ? 'nothing committed, no members' : 'nothing committed yet'
  if (group.lag === 0n) return isEmptyGroup(group) ? 'all read, no members' : 'all read'
  const unread = `${formatCount(group.lag)} unread`
  if (group.rate > 0) {
    const seconds = secondsBehind(group)
    return `${unread}, reads ${formatRate(group.rate)}${seconds === null ? '' : `: ${formatDuration(Math.round(seconds * 10) * 100)} of work`}`
  }
  return isEmptyGroup(group) ? `${unread}, no members to read them` : `${unread}, nothing is being committed`
}

export type GroupState = { readonly tone: 'good' | 'warn' | 'bad' | 'off'; readonly word: string }

/** Kafka's state in a word, and what the lag adds to it: stable says only that the members agreed. */
export function stateOf(group: GroupRow): GroupState {
  switch (group.state) {
    case 'Stable':
      if (!isBehind(group)) return { tone: 'good', word: 'stable' }
      return { tone: 'warn', word: group.rate > 0 ? 'behind' : 'stalled' }
    case 'Empty':
      return { tone: 'off', word: 'empty' }
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      return { tone: 'warn', word: 'rebalancing' }
    case 'Dead':
      return { tone: 'bad', word: 'dead' }
    default:
      return { tone: 'off', word: group.state.toLowerCase() }
  }
}

/** From one figure of a group's history to the next. */
export const HISTORY_STEP_MS = 10_000

/** The history as points in time, and the lag now as the last one. `at`: when the group was so, ms since the epoch. */
export function lagPoints({ history, lag }: Pick<GroupRow, 'history' | 'lag'>, at: number): readonly { readonly at: number; readonly value: number }[] {
  const past = history.map((value, index) => ({ at: at - (history.length - index) * HISTORY_STEP_MS, value }))
  return lag === null ? past : [...past, { at, value: Number(lag) }]
}

/** The share of the group's unread records that wait in one partition, 0 to 1. */
export function shareOf(row: Pick<GroupOffsetRow, 'lag'>, total: bigint | null): number {
  return row.lag === null || total === null || total === 0n ? 0 : Number(row.lag) / Number(total)
}

/** Records that retention took before the group read them; 0n when none. */
export function lostBefore({ committed, startOffset }: Pick<GroupOffsetRow, 'committed' | 'startOffset'>): bigint {
  return committed !== null && committed < startOffset ? startOffset - committed : 0n
}

/** What a member is called: its client id, else the id the coordinator gave it. */
export function nameOfMember({ clientId, memberId }: Pick<GroupMemberRow, 'clientId' | 'memberId'>): string {
  return clientId === '' ? memberId : clientId
}

/** `orders 0–2, 5 · payments 1`: what a member holds. */
export function describeAssignment(assignment: GroupMemberRow['assignment']): string {
  return assignment.map(({ topic, partitions }) => `${topic} ${rangesOf(partitions)}`).join(' · ')
}

/** `0–2, 5`: runs of three or more as a range. */
export function rangesOf(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === number) run[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (to - from > 1 ? `${from}–${to}` : from === to ? `${from}` : `${from}, ${to}`)).join(', ')
}

/** Why a group cannot be deleted, naming the members; null when it can. `members` are known for the group that is shown. */
export function deleteProblem(group: GroupRow, members: GroupDetail['members']): string | null {
  if (isEmptyGroup(group)) return null
  const names = members.map(member => `${nameOfMember(member)} at ${member.host}`)
  const who = names.length > 0 ? `: ${listNames(names)}` : ''
  return `It still has ${plural(group.memberCount, 'member')}${who}. Stop ${group.memberCount === 1 ? 'it' : 'them'} first`
}
