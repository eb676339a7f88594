/** How data is written when it could hide something. */

import { expect, test } from 'vitest'
import { cutMiddle, formatOffset, listNames, showUnseen } from '../../../../renderer/format/text.ts'

test('an offset beyond 2^53 keeps every digit', () => {
  expect(formatOffset(9007199254740993n)).toBe('9007199254740993')
})

test('control, bidi and lone surrogate characters are drawn as marks and keep what they were', () => {
  const text = `a\u0000b\n\u202ec\ud83d😀\u007f`
  const pieces = showUnseen(text)
  expect(pieces.map(piece => piece.text)).toEqual(['a', '␀', 'b', '␊', '⟨U+202E⟩', 'c', '⟨D83D⟩', '😀', '␡'])
  expect(pieces.map(piece => piece.raw).join('')).toBe(text)
})

test('plain text is one piece and empty text none', () => {
  expect(showUnseen('köln 東京')).toEqual([{ text: 'köln 東京', isMark: false, raw: 'köln 東京' }])
  expect(showUnseen('')).toEqual([])
})

test('an id loses its middle and keeps both ends', () => {
  expect([cutMiddle('consumer-1234567890', 9), cutMiddle('short', 9)]).toEqual(['cons…7890', 'short'])
})

test('a list of names says how many are left out', () => {
  expect([listNames(['a', 'b']), listNames(['a', 'b', 'c', 'd', 'e'])]).toEqual(['a, b', 'a, b, c and 2 more'])
})
