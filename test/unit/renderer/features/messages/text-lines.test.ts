import { expect, test } from 'vitest'
import { lineOf, wrapText } from '../../../../../renderer/features/messages/text-lines.ts'

const lines = (text: string, columns: number): string[] => {
  const starts = wrapText(text, columns)
  return Array.from({ length: starts.length - 1 }, (_, index) => lineOf(text, starts, index))
}

test('lines end where the text says and where the box ends', () => {
  expect(lines('one\ntwo and three', 8)).toEqual(['one', 'two and ', 'three'])
  expect(lines('12345678\nnext', 8)).toEqual(['12345678', 'next'])
  expect(lines('a\r\n\r\nb', 8)).toEqual(['a', '', 'b'])
  expect(lines('', 8)).toEqual([])
})

test('a character of two units is never torn', () => {
  expect(lines('1234567😀rest', 8)).toEqual(['1234567', '😀rest'])
})

test('all of the text is in the lines', () => {
  const text = `${'x'.repeat(1000)}\n${'😀'.repeat(300)}\n`
  const starts = wrapText(text, 33)
  expect(starts.at(-1)).toBe(text.length)
  expect([...starts].every((start, index) => index === 0 || start > (starts[index - 1] ?? 0))).toBe(true)
})
