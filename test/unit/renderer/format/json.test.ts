import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { JSON_DEPTH_MAX, lineAndColumn, readJson, type JsonValue } from '../../../../renderer/format/json.ts'

function value(text: string, isCut = false): JsonValue {
  const read = readJson(text, { isCut })
  if (read.is === 'wrong') throw new Error(read.reason)
  return read.value
}

/** As JSON.parse would have it, to compare with it. */
function plain(json: JsonValue): unknown {
  switch (json.is) {
    case 'object':
      return Object.fromEntries(json.entries.map(({ name, value }) => [name, plain(value)]))
    case 'array':
      return json.items.map(plain)
    case 'string':
      return json.text
    case 'number':
      return Number(json.source)
    case 'word':
      return JSON.parse(json.word)
    default:
      return json satisfies never
  }
}

test('whatever JSON.parse reads is read the same', () => {
  fc.assert(
    fc.property(fc.json(), text => {
      expect(plain(value(text))).toEqual(JSON.parse(text))
    }),
  )
})

test('numbers keep the text they were written with', () => {
  const read = value('[9007199254740993, 1249.50, 1e400, -0, 18446744073709551615]')
  expect(read.is === 'array' && read.items.map(item => item.is === 'number' && item.source)).toEqual([
    '9007199254740993',
    '1249.50',
    '1e400',
    '-0',
    '18446744073709551615',
  ])
})

test('names that repeat are all kept', () => {
  const read = value('{"a":1,"a":2}')
  expect(read.is === 'object' && read.entries.map(entry => entry.name)).toEqual(['a', 'a'])
})

test('each value knows where it stands in the text', () => {
  const text = ' {"a": [true, "x"]} '
  const read = value(text)
  const list = read.is === 'object' ? read.entries[0]?.value : undefined
  expect(list && text.slice(list.from, list.to)).toBe('[true, "x"]')
})

test('the beginning of a longer text is read as far as it goes, wherever it was cut', () => {
  const text = '{"a":[1,-2.5e3,"x\\u00e9\\n",{"b":null}],"c":true}'
  for (let end = 1; end < text.length; end++) expect(readJson(text.slice(0, end), { isCut: true }).is, text.slice(0, end)).toBe('read')
  const read = value('{"a":[1,2', true)
  expect(plain(read)).toEqual({ a: [1, 2] })
  expect(read.is === 'object' && read.isCut).toBe(true)
})

test.each([
  ['', 'there is nothing here'],
  ['{"a":1,}', 'where a name in quotes was expected'],
  ['[1 2]', 'where , or ] was expected'],
  ['{"a" 1}', 'where : was expected'],
  ['01', 'is not a number'],
  ['nul', 'where a value was expected'],
  ['"a\nb"', 'control character'],
  ['"\\x"', 'no escape of JSON'],
  ['[1', 'ends before'],
  ['1 2', 'after the end'],
])('%s is refused with a reason', (text, reason) => {
  const read = readJson(text)
  expect(read.is === 'wrong' && read.reason).toContain(reason)
})

test('a value too deep for a tree is refused, not a crash', () => {
  expect(readJson('['.repeat(100_000)).is).toBe('wrong')
  expect(readJson('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX)).is).toBe('read')
})

test('a place in a text is a line and a column', () => {
  expect(lineAndColumn('{\n  "a": x}', 9)).toEqual({ line: 2, column: 8 })
})
