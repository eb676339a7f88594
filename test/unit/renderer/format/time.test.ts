/** How durations and times are written. */

import { expect, test } from 'vitest'
import { formatDuration, formatIso, formatMinute, formatRetention, formatTime, formatShortTime } from '../../../../renderer/format/time.ts'

const at = Date.UTC(2026, 6, 14, 12, 2, 11, 482)
const timeZone = 'Europe/Berlin'

test('a duration below a minute has 3 digits and one unit', () => {
  expect([0, 0.0005, 0.25, 1, 61.14, 999.4, 1000, 44_500, 59_900].map(formatDuration)).toEqual([
    '0 s',
    '500 ns',
    '250 µs',
    '1 ms',
    '61.1 ms',
    '999 ms',
    '1 s',
    '44.5 s',
    '59.9 s',
  ])
})

test('a duration above a minute has its two largest units', () => {
  expect([59_990, 72_000, 60_000, 5_460_000, 3_599_999, 90_000_000, 86_400_000].map(formatDuration)).toEqual([
    '1 min',
    '1 min 12 s',
    '1 min',
    '1 h 31 min',
    '1 h',
    '1 d 1 h',
    '1 d',
  ])
})

test('a retention is written in its largest whole unit', () => {
  expect([604_800_000n, 129_600_000n, 90_000n, 1500n, -1n, 0n].map(formatRetention)).toEqual([
    '7 d',
    '36 h',
    '90 s',
    '1500 ms',
    'for ever',
    '0 ms',
  ])
})

test('a time of today is the time alone, another day comes with its date', () => {
  expect(formatTime(at, at + 3_600_000, { timeZone })).toBe('14:02:11.482')
  expect(formatTime(BigInt(at), at + 86_400_000, { timeZone })).toBe('2026-07-14 14:02:11.482')
  expect(formatTime(at, at, { timeZone, hasMs: false })).toBe('14:02:11')
  expect(formatMinute(at, timeZone)).toBe('14:02')
})

test('a record without a time, or with one no calendar has, shows a dash', () => {
  expect([formatTime(-1n, at), formatTime(9_000_000_000_000_000_000n, at)]).toEqual(['—', '—'])
})

test('ISO times carry their zone', () => {
  expect([formatIso(at, timeZone), formatIso(at, 'UTC'), formatIso(at, 'America/St_Johns')]).toEqual([
    '2026-07-14T14:02:11.482+02:00',
    '2026-07-14T12:02:11.482Z',
    '2026-07-14T09:32:11.482-02:30',
  ])
})

test('a time in a narrow cell says no more than is needed to tell it from now', () => {
  const now = Date.parse('2026-07-14T14:02:11.482Z')
  const short = (iso: string): string => formatShortTime(Date.parse(iso), now, 'UTC')
  expect([short('2026-07-14T09:00:01Z'), short('2026-07-13T09:00:01Z'), short('2025-12-31T09:00:01Z')]).toEqual(['09:00:01', '07-13 09:00', '2025-12-31'])
})
