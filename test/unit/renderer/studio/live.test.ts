/** How the items of a list stream make rows. */

import { expect, test } from 'vitest'
import { foldList } from '../../../../renderer/studio/live.ts'

type Row = { readonly name: string; readonly figure: number }
const keyOf = (row: Row): string => row.name
const [a, b] = [
  { name: 'a', figure: 1 },
  { name: 'b', figure: 2 },
]

test('a snapshot replaces what was there', () => {
  expect(foldList([a], { is: 'snapshot', rows: [b] }, keyOf)).toEqual([b])
})

test('changed rows keep their place, new ones come last, removed ones go', () => {
  const changes = {
    is: 'changes' as const,
    upserts: [
      { name: 'c', figure: 3 },
      { name: 'a', figure: 9 },
    ],
    removed: ['b'],
  }
  expect(foldList([a, b], changes, keyOf)).toEqual([
    { name: 'a', figure: 9 },
    { name: 'c', figure: 3 },
  ])
})

test('a row that did not change stays the same object', () => {
  const rows = foldList([a, b], { is: 'changes', upserts: [{ name: 'b', figure: 7 }], removed: [] }, keyOf)
  expect(rows[0]).toBe(a)
})
