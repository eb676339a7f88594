/** When a group counts as behind. */

import { expect, test } from 'vitest'
import { isBehind, secondsBehind } from '../../../renderer/group-health.ts'

test('a group that reads its lag within 10 s keeps up', () => {
  expect(isBehind({ lag: 900n, rate: 100, history: [] })).toBe(false)
  expect(isBehind({ lag: 1100n, rate: 100, history: [] })).toBe(true)
  expect(secondsBehind({ lag: 1100n, rate: 100 })).toBe(11)
})

test('a group that reads nothing is behind once records have waited for half a minute', () => {
  expect(isBehind({ lag: 5n, rate: 0, history: [0, 5, 5] })).toBe(false)
  expect(isBehind({ lag: 5n, rate: 0, history: [0, 5, 5, 5] })).toBe(true)
})

test('a group without unread records or commits is never behind', () => {
  expect([isBehind({ lag: 0n, rate: 0, history: [9, 9, 9] }), isBehind({ lag: null, rate: 0, history: [] })]).toEqual([false, false])
  expect([secondsBehind({ lag: 0n, rate: 0 }), secondsBehind({ lag: null, rate: 5 })]).toEqual([0, null])
})
