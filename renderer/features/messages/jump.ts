/** What is typed to jump somewhere in a topic: an offset, a time, an end. Pure. */

export type Jump =
  | { readonly is: 'start' }
  | { readonly is: 'end' }
  /** `partition` null: in the partitions being read. */
  | { readonly is: 'offset'; readonly offset: bigint; readonly partition: number | null }
  /** Milliseconds since the epoch. */
  | { readonly is: 'time'; readonly timestamp: bigint }
  | { readonly is: 'wrong'; readonly reason: string }

export type JumpScope = {
  readonly now: number
  /** The highest end offset of what is read: more digits than it has can only be a time. Null: not known. */
  readonly endOffset: bigint | null
  readonly partitionCount: number | null
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const LARGEST_OFFSET = 2n ** 63n - 1n
const HELP = 'an offset (1569102), partition and offset (3:1569102), a time (14:02, -15m, 2026-07-14 14:02), start or end'

/**
 * `1569102` an offset; `3:1569102`, `orders-3 @ 1569102` one in a partition; `14:02` the last time it was that on the clock; `-15m`,
 * `-1h30m` before now; `2026-07-14T14:02:11.482+02:00`, `2026-07-14 14:02` (local), `2026-07-14`; digits beyond the end of the topic:
 * an epoch in seconds, milliseconds or microseconds, always one with `@` before it; `start`, `end`.
 */
export function parseJump(text: string, scope: JumpScope): Jump {
  const typed = text.trim()
  if (typed === '') return { is: 'wrong', reason: `type ${HELP}` }
  const word = typed.toLowerCase()
  if (['start', 'begin', 'beginning', 'first', 'earliest', ','].includes(word)) return { is: 'start' }
  if (['end', 'last', 'latest', 'now', '.'].includes(word)) return { is: 'end' }
  return (
    parseOffset(typed, scope) ??
    parseAgo(word, scope.now) ??
    parseClock(typed, scope.now) ??
    parseDate(typed) ?? { is: 'wrong', reason: `${typed} is no place in a topic: type ${HELP}` }
  )
}

function parseOffset(typed: string, scope: JumpScope): Jump | null {
  const epoch = /^@\s*(\d{1,19})$/.exec(typed)?.[1]
  if (epoch !== undefined) return epochOf(epoch) ?? { is: 'wrong', reason: `${epoch} is no epoch in seconds, milliseconds or microseconds` }
  const digits = /^\d+$/.exec(typed)?.[0]
  if (digits !== undefined) {
    const offset = BigInt(digits)
    const isBeyond = scope.endOffset !== null && offset > scope.endOffset
    return (isBeyond ? epochOf(digits) : null) ?? offsetOf(offset, null, scope)
  }
  // Two digits on both sides are a time of day: 14:02.
  if (/^\d\d:\d\d$/.test(typed)) return null
  const both = /^(?:p|[\w.-]*-)?(\d{1,9})\s*[:@]\s*(\d+)$/i.exec(typed)
  return both ? offsetOf(BigInt(both[2] ?? ''), Number(both[1]), scope) : null
}

function offsetOf(offset: bigint, partition: number | null, scope: JumpScope): Jump {
  if (offset > LARGEST_OFFSET) return { is: 'wrong', reason: `${offset} is beyond the largest offset` }
  if (partition !== null && scope.partitionCount !== null && partition >= scope.partitionCount) {
    return { is: 'wrong', reason: `there is no partition ${partition}; the last is ${scope.partitionCount - 1}` }
  }
  return { is: 'offset', offset, partition }
}

/** Between 2001 and 2286, told apart by the number of digits. */
function epochOf(digits: string): Jump | null {
  const value = BigInt(digits)
  if (digits.length === 10) return { is: 'time', timestamp: value * 1000n }
  if (digits.length === 13) return { is: 'time', timestamp: value }
  if (digits.length === 16) return { is: 'time', timestamp: value / 1000n }
  return null
}

function parseAgo(word: string, now: number): Jump | null {
  const text = /^[-−]\s*(.+)$/.exec(word)?.[1] ?? /^(.+?)\s+ago$/.exec(word)?.[1]
  if (text === undefined) return null
  let total = 0
  const rest = text.replaceAll(/(\d+(?:\.\d+)?)\s*(ms|min|[smhdw])(?:\s+|(?=\d)|$)/g, (_, figure: string, unit: string) => {
    total += Number(figure) * (UNITS[unit] ?? 0)
    return ''
  })
  return rest === '' ? { is: 'time', timestamp: BigInt(Math.round(now - total)) } : null
}

/** A time of day is the last one: today, or yesterday when it is still to come. */
function parseClock(typed: string, now: number): Jump | null {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?$/.exec(typed)
  if (!match) return null
  const parts = clockOf(match[1], match[2], match[3], match[4])
  if (!parts) return { is: 'wrong', reason: `${typed} is no time of day` }
  const today = new Date(now)
  const at = new Date(today.getFullYear(), today.getMonth(), today.getDate(), ...parts)
  if (at.getTime() > now) at.setDate(at.getDate() - 1)
  return { is: 'time', timestamp: BigInt(at.getTime()) }
}

/** ISO 8601; without a zone it is local time. */
function parseDate(typed: string): Jump | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(typed)
  if (!match) return null
  const [, year, month, day, hours = '0', minutes = '0', seconds, fraction, zone] = match
  const parts = clockOf(hours, minutes, seconds, fraction)
  const [y, m, d] = [Number(year), Number(month) - 1, Number(day)]
  const local = parts ? new Date(y, m, d, ...parts) : null
  if (!parts || !local || local.getMonth() !== m) return { is: 'wrong', reason: `${typed} is no date` }
  return { is: 'time', timestamp: BigInt(zone === undefined ? local.getTime() : Date.UTC(y, m, d, ...parts) - zoneMs(zone)) }
}

function clockOf(hours = '0', minutes = '0', seconds = '0', fraction = '0'): readonly [number, number, number, number] | null {
  const parts = [Number(hours), Number(minutes), Number(seconds), Number(fraction.slice(0, 3).padEnd(3, '0'))] as const
  return parts[0] < 24 && parts[1] < 60 && parts[2] < 60 ? parts : null
}

function zoneMs(zone: string): number {
  if (/z/i.test(zone)) return 0
  const digits = zone.replaceAll(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
