/** How figures are written. */

import { expect, test } from 'vitest'
import {
  byteRateParts,
  formatByteRate,
  formatBytes,
  formatCount,
  formatExactBytes,
  formatRate,
  formatShort,
  plural,
  rateParts,
} from '../../../../renderer/format/figures.ts'

test('a count is written in full with separators to 999,999,999 and short above', () => {
  expect([0, 7, 1240, 9_412_884, 999_999_999, 1_000_000_000, 9007199254740993n].map(formatCount)).toEqual([
    '0',
    '7',
    '1,240',
    '9,412,884',
    '999,999,999',
    '1.00 G',
    '9.01 P',
  ])
})

test('what is not known is a dash and never 0', () => {
  expect([formatCount(null), formatShort(undefined), formatRate(null), formatBytes(null), formatByteRate(undefined)]).toEqual([
    '—',
    '—',
    '—',
    '—',
    '—',
  ])
})

test('a tight cell has 3 digits and a unit, and rounding never makes a fourth', () => {
  expect([999, 999.6, 1240, 18_400, 999_499, 999_500, 1_240_000, 3_700_000_000].map(formatShort)).toEqual([
    '999',
    '1.00 k',
    '1.24 k',
    '18.4 k',
    '999 k',
    '1.00 M',
    '1.24 M',
    '3.70 G',
  ])
})

test('a rate of nothing is 0, of almost nothing below a tenth', () => {
  expect([0, 0.01, 0.4, 2.1, 9.96, 55.4, 620, 8450, 1_240_000].map(formatRate)).toEqual([
    '0',
    '<0.1/s',
    '0.4/s',
    '2.1/s',
    '10/s',
    '55/s',
    '620/s',
    '8,450/s',
    '1.24 M/s',
  ])
  expect(rateParts(1240)).toEqual({ value: '1,240', unit: '/s' })
})

test('bytes are in decimal units with 3 digits, and exact on request', () => {
  expect([0, 351, 999, 1000, 10_300, 424_000, 999_600, 3_221_225_472, 5n].map(formatBytes)).toEqual([
    '0 B',
    '351 B',
    '999 B',
    '1.00 kB',
    '10.3 kB',
    '424 kB',
    '1.00 MB',
    '3.22 GB',
    '5 B',
  ])
  expect(formatExactBytes(3_221_225_472)).toBe('3,221,225,472 B')
})

test('bytes a second keep the unit of time apart', () => {
  expect(byteRateParts(424_000)).toEqual({ value: '424 kB', unit: '/s' })
  expect([formatByteRate(0), formatByteRate(378)]).toEqual(['0', '378 B/s'])
})

test('a noun follows its number', () => {
  expect([plural(0, 'topic'), plural(1, 'topic'), plural(1200, 'topic'), plural(1n, 'entry', 'entries')]).toEqual([
    '0 topics',
    '1 topic',
    '1,200 topics',
    '1 entry',
  ])
})
