/** What the Overview says: its sentence, and what needs someone. Pure. */

import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatBytes, formatCount, formatRate, plural } from '../../format/figures.ts'
import { formatDuration } from '../../format/time.ts'
import { isBehind, secondsBehind } from '../../group-health.ts'
import type { Place } from '../../places.ts'

export type Finding = {
  readonly id: string
  readonly tone: 'warn' | 'bad'
  /** The thing that has it, when it has a place of its own. */
  readonly subject: { readonly name: string; readonly place: Place } | null
  /** What is the matter, with figures; follows the subject's name. */
  readonly what: string
  /** The rest: where, why as far as known, how it goes on. */
  readonly detail: string
  readonly action: { readonly label: string; readonly place: Place } | null
}

const FINDINGS_MAX = 5
const DISK_FREE_MIN_BYTES = 1e9

/** Worst first, at most five. */
export function findingsOf(status: LocalStatus, groups: readonly GroupRow[]): readonly Finding[] {
  const behind = groups
    .filter(isBehind)
    .sort((a, b) => Number((b.lag ?? 0n) - (a.lag ?? 0n)))
    .map(groupFinding)
  return [...stateFindings(status), ...behind].slice(0, FINDINGS_MAX)
}

function stateFindings(status: LocalStatus): readonly Finding[] {
  const found: Finding[] = []
  if (status.state === 'failed') {
    found.push({
      id: 'state',
      tone: 'bad',
      subject: null,
      what: 'The broker does not listen',
      detail: status.reason ?? '',
      action: { label: 'Settings', place: { at: 'settings' } },
    })
  }
  if (status.diskFreeBytes >= 0 && status.diskFreeBytes < DISK_FREE_MIN_BYTES) {
    found.push({
      id: 'disk',
      tone: 'bad',
      subject: null,
      what: `${formatBytes(status.diskFreeBytes)} of disk are free`,
      detail: `in ${status.dataFolder}; a full disk refuses writes. Delete topics or free space.`,
      action: { label: 'Topics', place: { at: 'topics' } },
    })
  }
  if (status.recovering > 0) {
    found.push({
      id: 'recovering',
      tone: 'warn',
      subject: null,
      what: `${plural(status.recovering, 'partition')} recovering`,
      detail: 'after a stop that was not clean; clients wait until each is ready.',
      action: null,
    })
  }
  return found
}

function groupFinding(group: GroupRow): Finding {
  const place: Place = { at: 'group', group: group.group, tab: 'lag' }
  const seconds = secondsBehind(group)
  const where = group.worst ? `most of it on ${group.worst.topic}-${group.worst.partition}` : ''
  const pace =
    seconds === null ? memberless(group) : `reads ${formatRate(group.rate)}: ${formatDuration(Math.round(seconds) * 1000)} of work`
  return {
    id: `group ${group.group}`,
    tone: 'warn',
    subject: { name: group.group, place },
    what: `is ${formatCount(group.lag)} records behind`,
    detail: [where, pace].filter(Boolean).join('; ') + '.',
    action: { label: 'Show its lag', place },
  }
}

function memberless(group: GroupRow): string {
  return group.memberCount === 0 ? 'it has no members' : `it commits nothing, in state ${group.state}`
}

/** The answer in one sentence: does everything move? */
export function headline(status: LocalStatus, groups: readonly GroupRow[]): { readonly lead: string; readonly behind: string | null } {
  const behindCount = groups.filter(isBehind).length
  return {
    lead: motion(status, behindCount > 0),
    behind: behindCount === 0 ? null : `${behindCount} of ${plural(groups.length, 'group')} ${behindCount === 1 ? 'is' : 'are'} behind`,
  }
}

function motion({ inRate, outRate }: LocalStatus, isSomeoneBehind: boolean): string {
  const [isWritten, isRead] = [inRate.records > 0, outRate.records > 0]
  if (isWritten && isRead) return isSomeoneBehind ? 'Records move.' : 'Everything moves.'
  if (isWritten) return 'Records come in and nobody reads them.'
  return isRead ? 'Records are read and none come in.' : 'Nothing moves right now.'
}

/** A topic of the user's own has a record: first run is over. */
export function hasRecords(topics: readonly TopicRow[]): boolean {
  return topics.some(topic => !topic.isInternal && topic.recordCount > 0n)
}

/** The user's own topics. */
export function countTopics(topics: readonly TopicRow[]): number {
  return topics.filter(topic => !topic.isInternal).length
}

/** Whether every address is of this computer only. */
export function isLoopbackOnly(addresses: readonly string[]): boolean {
  return addresses.every(address => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|::1):\d+$/.test(address))
}

/** Who can reach the broker, in a sentence: Local has no authentication yet. */
export function whoCanConnect(addresses: readonly string[]): string {
  return isLoopbackOnly(addresses)
    ? 'No account, no password: any program on this computer can connect, and nothing outside it (loopback only).'
    : `No account, no password: any program that can reach ${addresses.join(', ')} over the network can connect, read and write.`
}
