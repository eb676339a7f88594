/** Durations and timestamps as the window writes them. Pure: the time zone and `now` are arguments, or the machine's. */

import { NO_DATA } from './figures.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** ns µs ms s below a minute with 3 digits, above it the two largest units: `61.1 ms`, `44.5 s`, `1 min 12 s`, `1 h 31 min`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NO_DATA
  if (ms === 0) return '0 s'
  if (ms < 0.001) return `${digits3(ms * 1e6)} ns`
  if (ms < 0.9995) return `${digits3(ms * 1000)} µs`
  if (ms < 999.5) return `${digits3(ms)} ms`
  if (ms < 59_950) return `${digits3(ms / 1000)} s`
  const units: readonly (readonly [number, string])[] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [1000, 's'],
  ]
  // Rounded to the smaller of the two units first, so that 59.99 min is 1 h and not 60 min.
  const first = units.findIndex(([size], index) => roundTo(ms, units[Math.min(index + 1, units.length - 1)]?.[0] ?? 1000) >= size)
  const large = units[first] ?? ([MINUTE, 'min'] as const)
  const small = units[first + 1]
  const rounded = roundTo(ms, small?.[0] ?? large[0])
  const whole = Math.floor(rounded / large[0])
  const rest = small ? Math.round((rounded - whole * large[0]) / small[0]) : 0
  return rest > 0 && small ? `${whole} ${large[1]} ${rest} ${small[1]}` : `${whole} ${large[1]}`
}

/** A configured time in its largest whole unit, as people set it: `7 d`, `36 h`, `90 s`; -1 is `for ever`. */
export function formatRetention(ms: bigint | number): string {
  const value = BigInt(ms)
  if (value < 0n) return 'for ever'
  const units: readonly (readonly [bigint, string])[] = [
    [86_400_000n, 'd'],
    [3_600_000n, 'h'],
    [60_000n, 'min'],
    [1000n, 's'],
  ]
  const unit = units.find(([size]) => value >= size && value % size === 0n)
  return unit ? `${value / unit[0]} ${unit[1]}` : `${value} ms`
}

/** Local time with milliseconds, `14:02:11.482`; with the date before it when it is not today. Negative: the producer gave none. */
export function formatTime(
  ms: number | bigint,
  now: number,
  options: { readonly hasMs?: boolean; readonly timeZone?: string } = {},
): string {
  const value = Number(ms)
  if (value < 0 || !isDate(value)) return NO_DATA
  const zone = options.timeZone
  const time = clock(value, options.hasMs ?? true, zone)
  return day(value, zone) === day(now, zone) ? time : `${day(value, zone)} ${time}`
}

/** For narrow cells: `14:02:11` today, `11-24 14:02` in this year, `2025-11-24` before. */
export function formatShortTime(ms: number, now: number, timeZone?: string): string {
  if (!isDate(ms)) return NO_DATA
  const [date, today] = [day(ms, timeZone), day(now, timeZone)]
  if (date === today) return clock(ms, false, timeZone)
  return date.slice(0, 4) === today.slice(0, 4) ? `${date.slice(5)} ${formatMinute(ms, timeZone)}` : date
}

/** `14:02`: for axes. */
export function formatMinute(ms: number, timeZone?: string): string {
  return clock(ms, false, timeZone).slice(0, 5)
}

/** ISO 8601 with the zone's offset: for inspectors and copies. */
export function formatIso(ms: number | bigint, timeZone?: string): string {
  const value = Number(ms)
  if (!isDate(value)) return String(ms)
  const local = `${day(value, timeZone)}T${clock(value, true, timeZone)}`
  const offset = Math.round((Date.parse(`${local}Z`) - value) / MINUTE)
  if (offset === 0) return `${local}Z`
  const pad = (figure: number): string => String(figure).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
}

function clock(ms: number, hasMs: boolean, timeZone: string | undefined): string {
  return formatter(hasMs ? 'clockMs' : 'clock', timeZone).format(ms)
}

/** `2026-07-14` */
function day(ms: number, timeZone: string | undefined): string {
  return formatter('day', timeZone).format(ms)
}

const clockParts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const formats = {
  clock: ['en-GB', clockParts],
  clockMs: ['en-GB', { ...clockParts, fractionalSecondDigits: 3 }],
  day: ['sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit' }],
} as const satisfies Readonly<Record<string, readonly [string, Intl.DateTimeFormatOptions]>>

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Making one costs a hundred times as much as using it, and a list of records uses hundreds a frame. */
function formatter(name: keyof typeof formats, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${name} ${timeZone ?? ''}`
  const known = formatters.get(key)
  if (known) return known
  const [locale, options] = formats[name]
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone })
  formatters.set(key, made)
  return made
}

function isDate(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15
}

function roundTo(value: number, size: number): number {
  return Math.round(value / size) * size
}

function digits3(value: number): string {
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return value.toFixed(decimals).replace(/\.?0+$/, match => (match.includes('.') ? '' : match))
}
