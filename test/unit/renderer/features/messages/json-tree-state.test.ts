import { expect, test } from 'vitest'
import {
  bytesOf,
  characterAt,
  copyOf,
  lineAt,
  pathOf,
  previewOf,
  timeOf,
  treeLines,
  typeOf,
} from '../../../../../renderer/features/messages/json-tree-state.ts'
import { readJson, type JsonValue } from '../../../../../renderer/format/json.ts'

function parse(text: string): JsonValue {
  const read = readJson(text)
  if (read.is === 'wrong') throw new Error(read.reason)
  return read.value
}
const order =
  '{"order_id":"o-7C41K9","amount":1249.50,"basket_id":9007199254740993,"items":[{"sku":"desk-90","qty":1},{"sku":"lamp-02","qty":2}],"coupon":null,"ts":1795528929104}'
const show = (text: string, toggled: string[] = []): string[] =>
  treeLines(parse(text), new Set(toggled)).map(
    line => `${'  '.repeat(line.depth)}${line.name}${line.isOpen === null ? '' : line.isOpen ? ' open' : ' closed'}`,
  )

test('members of the root are open, deeper ones are closed and show what is in them', () => {
  expect(show(order)).toEqual(['order_id', 'amount', 'basket_id', 'items open', '  0 closed', '  1 closed', 'coupon', 'ts'])
  const [item] = treeLines(parse(order), new Set()).filter(line => line.id === '3.0')
  expect(
    item &&
      previewOf(item.value)
        .map(part => part.text)
        .join(''),
  ).toBe('{ sku: "desk-90", qty: 1 }')
})

test('what the reader opened or closed is kept', () => {
  expect(show(order, ['3', '3.0'])).toEqual(['order_id', 'amount', 'basket_id', 'items closed', 'coupon', 'ts'])
  expect(show(order, ['3.0'])).toContain('    sku')
})

test('a root without members is one line', () => {
  expect(treeLines(parse('{}'), new Set())).toHaveLength(1)
  expect(treeLines(parse('7'), new Set())[0]).toMatchObject({ name: null, isOpen: null })
})

test('a long list starts closed', () => {
  expect(show(`{"many":[${Array.from({ length: 80 }, () => '1').join()}]}`)).toEqual(['many closed'])
})

test('types say whether a number fits a double', () => {
  const types = [
    '1',
    '1249.50',
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551615',
    '123456789012345678901234',
    '1e3',
    '"x"',
    'true',
    'null',
    '[]',
    '{}',
  ]
  expect(types.map(text => typeOf(parse(text)))).toEqual([
    'integer',
    'decimal',
    'int64, exact',
    'integer, exact',
    'integer, 20 digits',
    'integer, 24 digits',
    'number',
    'string',
    'boolean',
    'null',
    'array',
    'object',
  ])
})

test('13 digits of these decades are shown as a time too', () => {
  expect(timeOf(parse('1795528929104'))).toBe(1_795_528_929_104)
  expect(timeOf(parse('4006381333931'))).toBeNull()
})

test('a preview is cut, also when nested', () => {
  expect(
    previewOf(parse(`[${Array.from({ length: 500 }, () => '"abcdefgh"').join()}]`))
      .map(part => part.text)
      .join('').length,
  ).toBeLessThan(200)
  expect(
    previewOf(parse('{"a":{"b":{"c":1}},"d":[]}'))
      .map(part => part.text)
      .join(''),
  ).toBe('{ a: { b: {…} }, d: [] }')
})

test('a line has the path a filter would use', () => {
  expect(pathOf(parse(order), '3.1.0')).toBe('items[1].sku')
  expect(pathOf(parse('{"odd name":{"a":1}}'), '0.0')).toBe('["odd name"].a')
})

test('a line copies a string as its text and a number as it was written', () => {
  const text = '{"a":"x\\n","b":1.50}'
  const root = parse(text)
  expect(root.is === 'object' && root.entries.map(entry => copyOf(entry.value, text))).toEqual(['x\n', '1.50'])
})

test('lines and bytes point at each other, also behind characters of several bytes', () => {
  const text = '{"größe":"ö","n":42}'
  const bytes = new TextEncoder().encode(text)
  const root = parse(text)
  const line = treeLines(root, new Set())[1]
  expect(line && bytesOf(text, line.value)).toEqual({ from: 20, to: 22 })
  expect(lineAt(root, characterAt(bytes, 20))).toEqual({ id: '1', ancestors: [] })
  expect(lineAt(parse(order), order.indexOf('lamp'))).toEqual({ id: '3.1.0', ancestors: ['3', '3.1'] })
  expect(lineAt(parse(order), 0)).toBeNull()
})
