/** The order of a table's rows. */

import { expect, test } from 'vitest'
import { byNumber, byText, holdOrder, sortRows, toTsv } from '../../../../renderer/ui/table-order.ts'

type Row = { readonly name: string; readonly lag: bigint | null }
const row = (name: string, lag: bigint | null): Row => ({ name, lag })
const keyOf = ({ name }: Row): string => name
const names = (rows: readonly Row[]): string[] => rows.map(keyOf)

test('rows sort by figures of any size, and rows that tie stand by key', () => {
  const rows = [row('b', 9007199254740993n), row('c', 5n), row('a', 9007199254740993n)]
  expect(
    names(
      sortRows(
        rows,
        keyOf,
        byNumber(({ lag }) => lag),
        true,
      ),
    ),
  ).toEqual(['a', 'b', 'c'])
  expect(
    names(
      sortRows(
        rows,
        keyOf,
        byText(({ name }) => name),
        false,
      ),
    ),
  ).toEqual(['a', 'b', 'c'])
})

test('rows without a figure stand last when sorted upwards', () => {
  expect(
    names(
      sortRows(
        [row('none', null), row('one', 1n)],
        keyOf,
        byNumber(({ lag }) => lag),
        false,
      ),
    ),
  ).toEqual(['one', 'none'])
})

test('without a comparison rows stay as they came', () => {
  const rows = [row('b', 1n), row('a', 2n)]
  expect(sortRows(rows, keyOf, undefined, false)).toBe(rows)
})

test('a held order keeps known rows in place with their new figures and adds new ones below', () => {
  const held = holdOrder([row('a', 9n), row('b', 1n), row('new', 5n)], keyOf, ['b', 'gone', 'a'])
  expect(held).toEqual([row('b', 1n), row('a', 9n), row('new', 5n)])
})

test('a copy has heads and cells by tabs, and no cell can break a line', () => {
  const columns = [{ title: 'Name', text: keyOf }, { title: 'Picture' }, { title: 'Lag', text: ({ lag }: Row) => String(lag) }]
  expect(toTsv([row('a\tb\nc', 1n)], columns)).toBe('Name\tLag\na b c\t1')
})
