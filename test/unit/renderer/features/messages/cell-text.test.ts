import { expect, test } from 'vitest'
import { cellText } from '../../../../../renderer/features/messages/cell-text.ts'

test('null, empty and unreadable are told apart', () => {
  expect(cellText({ is: 'null' })).toEqual({ is: 'null' })
  expect(cellText({ is: 'text', text: '', sizeBytes: 0, restBytes: 0 })).toEqual({ is: 'empty' })
  expect(cellText({ is: 'failed', reason: 'the batch does not match its CRC' })).toEqual({
    is: 'failed',
    reason: 'the batch does not match its CRC',
  })
})

test('what the engine left out is said exactly', () => {
  expect(cellText({ is: 'text', text: 'ab', sizeBytes: 1_048_114, restBytes: 1_048_112 })).toEqual({
    is: 'text',
    text: 'ab',
    rest: '… +1,048,112 B',
  })
})

test('JSON stands on one line, hex in pairs, text as it is', () => {
  expect(cellText({ is: 'json', text: '{\n  "a": "x  y"\r\n}', sizeBytes: 20, restBytes: 0 })).toMatchObject({ text: '{ "a": "x  y" }' })
  expect(cellText({ is: 'hex', text: '0a0bff', sizeBytes: 3, restBytes: 0 })).toMatchObject({ text: '0a 0b ff' })
  expect(cellText({ is: 'text', text: 'a\nb', sizeBytes: 3, restBytes: 0 })).toMatchObject({ text: 'a\nb' })
})
