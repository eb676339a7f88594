/** What the Groups screen computes: who keeps up, the filter, words for states, who holds which partitions. Pure. */

import type { GroupDetail, GroupMemberRow, GroupOffsetRow, GroupRow } from '../../../core/studio/contract/groups.ts'
import { formatCount, formatRate, plural } from '../../format/figures.ts'
import { formatPartitions } from '../../format/partitions.ts'
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

/** `word` is Kafka's; `note` what the lag adds to it. */
export type GroupState = { readonly tone: 'good' | 'warn' | 'bad' | 'off'; readonly word: string; readonly note: '' | 'behind' | 'stalled' }

/** Stable says only that the members agreed: a group that is behind is not well. */
export function stateOf(group: GroupRow): GroupState {
  const word = group.state
  switch (word) {
    case 'Stable':
      if (!isBehind(group)) return { tone: 'good', word, note: '' }
      return { tone: 'warn', word, note: group.rate > 0 ? 'behind' : 'stalled' }
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      return { tone: 'warn', word, note: '' }
    case 'Dead':
      return { tone: 'bad', word, note: '' }
    default:
      return { tone: 'off', word, note: '' }
  }
}

/** What Kafka's states mean, for a tooltip. */
export const stateTips: Readonly<Record<string, string>> = {
  Stable: 'Its members have agreed who reads what',
  Empty: 'It has no members; its offsets are kept',
  PreparingRebalance: 'It waits for its members to join again',
  CompletingRebalance: 'It waits for the assignment that its leader makes',
  Assigning: 'Its coordinator is about to make a new assignment',
  Reconciling: 'Its members are on their way to a new assignment',
  Dead: 'Nothing is left of it',
}

type Moving = Pick<GroupDetail, 'members' | 'targetEpoch' | 'generation'> & { readonly row: Pick<GroupRow, 'state'> }

/** What a rebalance waits for, after the group's name; null when there is none. */
export function describeRebalance({ row, members, targetEpoch }: Moving): string | null {
  switch (row.state) {
    case 'PreparingRebalance':
      return 'waits for its members to join again'
    case 'CompletingRebalance':
      return 'waits for the assignment of its leader'
    case 'Assigning':
      return 'a new assignment is made with the next heartbeat'
    case 'Reconciling':
      return describeMoves(members, targetEpoch)
    default:
      return null
  }
}

function describeMoves(members: GroupDetail['members'], targetEpoch: number | null): string {
  const [revoking, awaiting] = [members.filter(member => member.revoking.length > 0), members.filter(member => member.awaiting.length > 0)]
  const count = (of: GroupDetail['members'], part: 'revoking' | 'awaiting'): string => plural(of.reduce((sum, member) => sum + countPartitions(member[part]), 0), 'partition')
  const moves = [
    ...(revoking.length > 0 ? [`${plural(revoking.length, 'member')} ${revoking.length === 1 ? 'gives' : 'give'} up ${count(revoking, 'revoking')}`] : []),
    ...(awaiting.length > 0 ? [`${plural(awaiting.length, 'member')} ${awaiting.length === 1 ? 'waits' : 'wait'} for ${count(awaiting, 'awaiting')}`] : []),
  ]
  if (moves.length > 0) return moves.join(', ')
  const late = members.filter(({ epoch }) => epoch !== targetEpoch).length
  return `${plural(late, 'member')} ${late === 1 ? 'has' : 'have'} yet to take ${late === 1 ? 'its' : 'their'} new assignment`
}

export function countPartitions(assignment: GroupMemberRow['assignment']): number {
  return assignment.reduce((total, { partitions }) => total + partitions.length, 0)
}

/** Where a member of a consumer group stands on its way to the target; null in a classic group. */
export function memberState(
  { epoch, revoking, awaiting }: GroupMemberRow,
  targetEpoch: number | null,
): { readonly tone: 'good' | 'warn'; readonly word: string; readonly tip: string } | null {
  if (epoch === null) return null
  if (revoking.length > 0) {
    return { tone: 'warn', word: `gives up ${formatPartitions(revoking)}`, tip: 'Told to give them up; it still holds them until it says that it does not' }
  }
  if (epoch !== targetEpoch) return { tone: 'warn', word: `at epoch ${epoch}`, tip: `It takes the assignment of epoch ${targetEpoch ?? '—'} with its next heartbeat` }
  if (awaiting.length > 0) return { tone: 'warn', word: `waits for ${formatPartitions(awaiting)}`, tip: 'Assigned to it; another member has not given them up yet' }
  return { tone: 'good', word: 'stable', tip: 'It holds what it is assigned' }
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

/** Why a group cannot be deleted, naming the members; null when it can. `members` are known for the group that is shown. */
export function deleteProblem(group: GroupRow, members: GroupDetail['members']): string | null {
  if (isEmptyGroup(group)) return null
  const names = members.map(member => `${nameOfMember(member)} at ${member.host}`)
  const who = names.length > 0 ? `: ${listNames(names)}` : ''
  return `It still has ${plural(group.memberCount, 'member')}${who}. Stop ${group.memberCount === 1 ? 'it' : 'them'} first`
}

/** Topics that the group has committed offsets in. */
export function removableTopics({ offsets }: Pick<GroupDetail, 'offsets'>): readonly string[] {
  return [...new Set(offsets.filter(({ committed, pending }) => committed !== null || pending !== null).map(({ topic }) => topic))]
}

/** Epochs, assignor and coordinator in a line. `brokerCount`: of one there is nothing to say. */
export function describeProtocol({ row, generation, targetEpoch, protocol, coordinator }: GroupDetail, brokerCount: number): string {
  const isConsumer = row.kind === 'consumer'
  const epochs = isConsumer
    ? `epoch ${generation}${targetEpoch === generation || targetEpoch === null ? '' : `, assignment of epoch ${targetEpoch < 0 ? 'none' : targetEpoch}`}`
    : generation > 0 ? `generation ${generation}` : ''
  const where = brokerCount > 1 ? (coordinator < 0 ? 'no coordinator' : `coordinated by broker ${coordinator}`) : ''
  return [row.kind, epochs, protocol ? `assigned by ${protocol}` : '', where].filter(Boolean).join(' · ')
}
