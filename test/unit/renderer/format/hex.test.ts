import { expect, test } from 'vitest'
import { hexOf, hexRow, hexRowCount, readHex } from '../../../../renderer/format/hex.ts'

const bytes = new TextEncoder().encode('{"status":"FAILED"}')

test('bytes stand in rows of 16 with their offset and their printable characters', () => {
  expect(hexRowCount(bytes.length, 16)).toBe(2)
  expect(hexRow(bytes, 0, 16)).toEqual({
    offset: '0000',
    hex: ['7b 22 73 74 61 74 75 73 22 3a 22 46 41 49 4c 45', '', ''],
    text: ['{"status":"FAILE', '', ''],
  })
  expect(hexRow(bytes, 1, 16)).toEqual({ offset: '0010', hex: ['44 22 7d', '', ''], text: ['D"}', '', ''] })
})

test('a marked range is told apart in each row it touches', () => {
  expect(hexRow(bytes, 0, 8, { from: 2, to: 10 })).toEqual({
    offset: '0000',
    hex: ['7b 22', '73 74 61 74 75 73', ''],
    text: ['{"', 'status', ''],
  })
  expect(hexRow(bytes, 1, 8, { from: 2, to: 10 })).toEqual({
    offset: '0008',
    hex: ['', '22 3a', '22 46 41 49 4c 45'],
    text: ['', '":', '"FAILE'],
  })
})

test('bytes that are not printable are dots', () => {
  expect(hexRow(Uint8Array.of(0, 0x41, 0xff, 0x7f), 0, 16).text[0]).toBe('·A··')
})

test('hex is read as people write it', () => {
  for (const text of ['48 65 6c', '48656C', '0x48, 0x65, 0x6c', '48:65:6c', '48 65\n6c', '\\x48\\x65\\x6c']) {
    const read = readHex(text)
    expect(read.is === 'read' && hexOf(read.bytes, ' ')).toBe('48 65 6c')
  }
  expect(readHex('486')).toEqual({ is: 'wrong', reason: 'an odd number of hex digits; each byte has two' })
  expect(readHex('4g')).toEqual({ is: 'wrong', reason: 'g is not a hex digit' })
})
