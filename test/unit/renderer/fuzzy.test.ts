/** The palette's matching. */

import { expect, test } from 'vitest'
import { matchFuzzy } from '../../../renderer/fuzzy.ts'

const best = (query: string, texts: readonly string[]): string[] =>
  texts
    .flatMap(text => {
      const match = matchFuzzy(query, text)
      return match ? [{ text, score: match.score }] : []
    })
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text)

test('a name that begins with the query comes before one that contains it', () => {
  expect(best('ord', ['wordcount', 'orders_per_minute', 'orders', 'payments'])).toEqual(['orders', 'orders_per_minute', 'wordcount'])
})

test('first letters of words find a name', () => {
  expect(matchFuzzy('opm', 'ordersPerMinute')?.at).toEqual([0, 6, 9])
  expect(best('pd', ['payments.dlq', 'padded'])).toEqual(['payments.dlq', 'padded'])
})

test('characters out of order or missing do not match, and an empty query matches all', () => {
  expect([matchFuzzy('sdr', 'orders'), matchFuzzy('x', 'orders')]).toEqual([null, null])
  expect(matchFuzzy('', 'orders')).toEqual({ score: 0, at: [] })
})
