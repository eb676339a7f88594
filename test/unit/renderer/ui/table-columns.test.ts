/** Which columns a table shows in the room it has. */

import { expect, test } from 'vitest'
import { fittingColumns, layoutOf } from '../../../../renderer/ui/table-columns.ts'

const columns = [
  { id: 'name', width: { grow: 1, min: 100 } },
  { id: 'size', width: 80, isOptional: 'tight' as const },
  { id: 'history', width: 90, isOptional: true as const },
  { id: 'act', width: 60 },
]
const shown = (isNarrow: boolean, available: number) => fittingColumns(columns, { isNarrow, available }).map(({ id }) => id)

test('where there is room, all columns are shown', () => {
  expect(shown(false, 330)).toEqual(['name', 'size', 'history', 'act'])
})

test('a narrow window shows no optional column, and the tight ones as long as they fit', () => {
  expect(shown(true, 330)).toEqual(['name', 'size', 'act'])
  expect(shown(true, 239)).toEqual(['name', 'act'])
})

test('a table without room gives up one column after the other from the right, and no more than it must', () => {
  expect(shown(false, 329)).toEqual(['name', 'size', 'act'])
  expect(shown(false, 240)).toEqual(['name', 'size', 'act'])
  expect(shown(false, 239)).toEqual(['name', 'act'])
})

test('what everybody needs stays, however little room there is', () => {
  expect(shown(false, 10)).toEqual(['name', 'act'])
})

test('columns share the width: fixed ones have theirs, the others what is left, not under their least', () => {
  expect(layoutOf(columns)).toEqual({ template: 'minmax(100px, 1fr) 80px 90px 60px', minWidth: 330 })
})
