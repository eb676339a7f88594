/** What a place says about reading: which partitions, from where, which record to select; and places for what was chosen. Pure. */

import type { Cursor, Position } from '../../../core/studio/contract/messages.ts'
import type { Place } from '../../places.ts'
import type { Jump } from './jump.ts'
import { recordKey } from './messages-state.ts'
import type { Scope } from './messages-store.ts'

export type TopicPlace = Extract<Place, { at: 'topic' }>
/** What of a place decides what is read. */
export type Reading = Pick<TopicPlace, 'topic' | 'partition' | 'offset' | 'from'>

export function scopeOf({ topic, partition, offset, from }: Reading): Scope {
  const at: Position = from ? positionOf(from) : offset === undefined ? { is: 'end' } : { is: 'offset', offset: BigInt(offset) }
  return { topic, partitions: partition === undefined ? null : [partition], at }
}

function positionOf(from: NonNullable<TopicPlace['from']>): Position {
  if (from === 'start' || from === 'end') return { is: from }
  const digits = BigInt(from.slice(from.indexOf('-') + 1))
  return from.startsWith('time-') ? { is: 'time', timestamp: digits } : { is: 'offset', offset: digits }
}

/** The key of the record a place selects; null when it names none. */
export function selectedBy({ partition, offset }: Pick<TopicPlace, 'partition' | 'offset'>): string | null {
  return partition === undefined || offset === undefined ? null : recordKey({ partition, offset: BigInt(offset) })
}

/** Where a jump leads from here. A partition that was named is read alone, with its record selected. */
export function placeOfJump(here: TopicPlace, jump: Exclude<Jump, { is: 'wrong' }>): TopicPlace {
  const { topic, tab, partition } = here
  const kept = partition === undefined ? {} : { partition }
  switch (jump.is) {
    case 'start':
    case 'end':
      return { at: 'topic', topic, tab, ...kept, from: jump.is }
    case 'time':
      return { at: 'topic', topic, tab, ...kept, from: `time-${jump.timestamp}` }
    case 'offset': {
      const only = jump.partition ?? partition
      return only === undefined
        ? { at: 'topic', topic, tab, from: `offset-${jump.offset}` }
        : { at: 'topic', topic, tab, partition: only, offset: String(jump.offset) }
    }
    default:
      return jump satisfies never
  }
}

/** The same reading in another partition, or in all: an offset means nothing there, so it starts from the end. */
export function placeInPartition(here: TopicPlace, partition: number | null): TopicPlace {
  const { topic, tab, from } = here
  const isOfOffset = from === undefined || from.startsWith('offset-')
  return { at: 'topic', topic, tab, ...(partition === null ? {} : { partition }), ...(isOfOffset ? {} : { from }) }
}

/** Why reading starts elsewhere than asked for; null when it does not. `located` is where the engine found it. */
export function positionNotice(
  scope: Scope,
  located: Cursor,
  bounds: readonly { readonly partition: number; readonly startOffset: bigint; readonly endOffset: bigint }[],
): string | null {
  const { at, topic } = scope
  if (located.length === 0) return null
  if (at.is === 'offset') {
    const found = located.map(({ offset }) => offset)
    const only = located.length === 1 ? located[0] : undefined
    const nearest = found.reduce((a, b) => (a < b ? a : b))
    if (found.every(offset => offset > at.offset)) {
      const subject = only ? `${topic}-${only.partition} starts` : `Every partition of ${topic} starts later: the first`
      return `${subject} at ${nearest} now; ${nearest - at.offset} from offset ${at.offset} on were deleted by retention.`
    }
    if (found.some(offset => offset >= at.offset)) return null
    const subject = only ? `${topic}-${only.partition} ends at ${nearest}` : `No partition of ${topic} reaches that far`
    return `${subject}: offset ${at.offset} is not written yet.`
  }
  if (at.is !== 'time' || bounds.length === 0) return null
  const end = new Map(bounds.map(({ partition, endOffset }) => [partition, endOffset]))
  return located.every(({ partition, offset }) => offset >= (end.get(partition) ?? offset + 1n))
    ? 'Nothing was written at or after that time; these are the last records before it.'
    : null
}
