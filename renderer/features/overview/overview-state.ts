/** What the Overview says: its sentence, and what needs someone. Pure. */

import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { formatBytes, formatCount, formatExactBytes, formatRate, plural } from '../../format/figures.ts'
import { formatDuration } from '../../format/time.ts'
import { listNames } from '../../format/text.ts'
import { isBehind, secondsBehind } from '../../group-health.ts'
import type { Place } from '../../places.ts'
import { adviceFor } from '../../storage-words.ts'
import { ageOf, isNearTimeout, needsSomeone } from '../../transaction-health.ts'

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
  /** It tells of something that is over: the user may put it away. */
  readonly canDismiss?: true
}

const FINDINGS_MAX = 5
const DISK_FREE_MIN_BYTES = 1e9

type FindingsOptions = {
  /** What the last start cut is known to the user. */
  readonly isCutDismissed?: boolean
  readonly transactions?: readonly TransactionRow[]
  readonly topics?: readonly TopicRow[]
  /** Milliseconds since the epoch. */
  readonly now?: number
}

/** Worst first, at most five. */
export function findingsOf(status: LocalStatus, groups: readonly GroupRow[], { isCutDismissed = false, transactions = [], topics = [], now = 0 }: FindingsOptions = {}): readonly Finding[] {
  const behind = groups
    .filter(isBehind)
    .sort((a, b) => Number((b.lag ?? 0n) - (a.lag ?? 0n)))
    .map(groupFinding)
  const cut = cutFinding(status)
  return [...stateFindings(status), ...brokerFindings(status, topics), ...(cut && !isCutDismissed ? [cut] : []), ...transactionFindings(transactions, now), ...behind].slice(0, FINDINGS_MAX)
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
  const offline = offlineFinding(status)
  if (offline) found.push(offline)
  const damaged = damagedFinding(status)
  if (damaged) found.push(damaged)
  if (status.recovering > 0) {
    found.push({
      id: 'recovering',
      tone: 'warn',
      subject: null,
      what: `${formatCount(status.recovering)} of ${plural(status.partitionCount, 'partition')} recovering`,
      detail: 'after a stop that was not clean; clients wait until each is ready, the smallest come first.',
      action: null,
    })
  }
  return found
}

/** Brokers that were stopped, and what that costs. */
function brokerFindings({ brokerCount, brokersUp }: LocalStatus, topics: readonly TopicRow[]): readonly Finding[] {
  const down = brokerCount - brokersUp
  if (down === 0) return []
  const count = (of: (row: TopicRow) => number): number => topics.reduce((sum, row) => sum + of(row), 0)
  const [leaderless, under] = [count(row => row.leaderlessCount), count(row => row.underReplicatedCount)]
  const parts = [
    ...(leaderless > 0 ? [`${plural(leaderless, 'partition')} ${leaderless === 1 ? 'has' : 'have'} no leader: no records in or out`] : []),
    ...(under > 0 ? [`${plural(under, 'partition')} ${under === 1 ? 'is' : 'are'} under-replicated`] : []),
  ]
  return [{
    id: 'brokers',
    tone: leaderless > 0 ? 'bad' : 'warn',
    subject: { name: `${down} of ${plural(brokerCount, 'broker')}`, place: { at: 'brokers' } },
    what: down === 1 ? 'is down' : 'are down',
    detail: parts.length > 0 ? `${parts.join('; ')}.` : '',
    action: { label: 'Brokers', place: { at: 'brokers' } },
  }]
}

/** Transactions that others wait for, the one that holds back the most first. */
function transactionFindings(transactions: readonly TransactionRow[], now: number): readonly Finding[] {
  return transactions
    .filter(row => needsSomeone(row, now))
    .toSorted((a, b) => (a.heldBack === b.heldBack ? (a.startedAt ?? 0) - (b.startedAt ?? 0) : a.heldBack < b.heldBack ? 1 : -1))
    .map((row): Finding => {
      const place: Place = { at: 'transaction', transactionalId: row.transactionalId }
      const held = row.partitions.filter(({ heldBack }) => heldBack > 0n).map(({ topic, partition }) => `${topic}-${partition}`)
      const age = formatDuration(Math.floor((ageOf(row, now) ?? 0) / 1000) * 1000)
      return {
        id: `transaction ${row.transactionalId}`,
        tone: 'warn',
        subject: { name: row.transactionalId, place },
        what: `has a transaction open for ${age}`,
        detail: [
          ...(held.length > 0 ? [`readers of committed records wait for it on ${listNames(held)}: ${plural(row.heldBack, 'record')}`] : []),
          ...(isNearTimeout(row, now) ? ['it is close to its timeout and will be aborted'] : []),
        ].join('; ') + '.',
        action: { label: 'Show it', place },
      }
    })
}

function offlineFinding({ offline: { count, first } }: LocalStatus): Finding | null {
  const [worst] = first
  if (!worst) return null
  const place: Place = { at: 'topic', topic: worst.topic, tab: 'partitions', partition: worst.partition }
  const name = `${worst.topic}-${worst.partition}`
  const isOne = count === 1
  const others = isOne ? '' : ` ${name}:`
  return {
    id: 'offline',
    tone: 'bad',
    subject: isOne ? { name, place } : null,
    what: isOne ? 'takes no records' : `${plural(count, 'partition')} take no records`,
    detail: `${adviceFor(worst.reason)}${others} ${worst.reason}`,
    action: { label: isOne ? 'Show it' : 'Show the first', place },
  }
}

/** What readers met: the bytes of a file are not those that were written. */
function damagedFinding({ damaged: { count, first } }: LocalStatus): Finding | null {
  const [worst] = first
  if (!worst) return null
  const place: Place = { at: 'topic', topic: worst.topic, tab: 'partitions', partition: worst.partition }
  const others = count === 1 ? '' : ` ${plural(count - 1, 'other place')} in this run.`
  return {
    id: 'damaged',
    tone: 'bad',
    subject: { name: `${worst.topic}-${worst.partition}`, place },
    what: 'has records that are damaged on the disk',
    detail: `Offsets ${String(worst.fromOffset)} to ${String(worst.toOffset - 1n)} cannot be read (CORRUPT_MESSAGE): a consumer must seek past them.${others} Look at the disk.`,
    action: { label: 'Show it', place },
  }
}

/** What recovery took out when partitions were opened. */
function cutFinding({ cut: { count, bytes, first } }: LocalStatus): Finding | null {
  const [worst] = first
  if (!worst) return null
  const place: Place = { at: 'topic', topic: worst.topic, tab: 'partitions', partition: worst.partition }
  const name = `${worst.topic}-${worst.partition}`
  const isOne = count === 1
  return {
    id: 'cut',
    tone: 'warn',
    subject: isOne ? { name, place } : null,
    what: isOne ? (worst.hasVanished ? 'began anew at the last start' : 'was cut at the last start') : `${plural(count, 'partition')} lost records at the last start`,
    detail: isOne ? cutDetail(worst) : `${formatBytes(bytes)} in all; ${name} is one of them. What could be kept is set aside.`,
    action: { label: isOne ? 'Show it' : 'Show the first', place },
    canDismiss: true,
  }
}

function cutDetail({ hasVanished, cutBytes, cutOffset, setAside }: LocalStatus['cut']['first'][number]): string {
  if (hasVanished) return 'Its folder was gone, with the records it had.'
  const kept = setAside === null ? '' : ` and are kept in ${setAside}`
  return `${formatExactBytes(cutBytes)} from offset ${String(cutOffset)} on were not as they were written${kept}.`
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
  const open = addresses.filter(address => !isLoopbackOnly([address]))
  return open.length === 0
    ? 'No account, no password: any program on this computer can connect, and nothing outside it (loopback only).'
    : `No account, no password: any program that can reach ${listNames(open, 2)} over the network can connect, read and write.`
}
