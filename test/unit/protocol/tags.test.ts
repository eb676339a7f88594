/** Tagged fields (KIP-482) and nullable structs, in whatever shape a peer sends them. */

import { expect, test } from 'vitest'
import { arrayOf, data, int32, int64, string, struct } from '../../../core/protocol/schema.ts'
import { hex } from '../../support/hex.ts'

const sample = data({
  name: 'Sample',
  versions: '0-1',
  flexible: '1+',
  fields: {
    id: int32,
    place: struct({ x: int32, y: int32 }).nullable().or(null),
    label: string.nullable().tagged(0, '1+').or(null),
    epoch: int64.tagged(1, '1+').or(-1n),
    names: arrayOf(string).tagged(3, '1+').or(),
    home: struct({ x: int32.or(-1), y: int32.or(-1) })
      .tagged(5, '1+')
      .or(),
    away: struct({ x: int32 }).nullable().tagged(7, '1+').or(null),
  },
})

const encoded = (value: Parameters<typeof sample.encode>[0], version = 1) => sample.encode(value, version)
const decoded = (text: string) => sample.decode(hex(text)).value
const PLAIN = '0001 00000009 ff' // version 1, id 9, no place
const plain = { id: 9, place: null, label: null, epoch: -1n, names: [], home: { x: -1, y: -1 }, away: null }

test('a tagged field at its default is not sent', () => {
  expect(encoded({ id: 9 })).toEqual(hex(`${PLAIN} 00`))
  expect(encoded({ id: 9, label: null, epoch: -1n, names: [], home: { x: -1, y: -1 } })).toEqual(hex(`${PLAIN} 00`))
  expect(encoded({ id: 9, home: {}, away: null })).toEqual(hex(`${PLAIN} 00`))
  expect(decoded(`${PLAIN} 00`)).toEqual(plain)
})

test('tagged fields are sent in the order of their tags, each with its size', () => {
  const golden = `${PLAIN} 03   00 01 01   03 03 020261   05 09 00000001 ffffffff 00`
  expect(encoded({ id: 9, home: { x: 1 }, names: ['a'], label: '' })).toEqual(hex(golden))
  expect(decoded(golden)).toEqual({ ...plain, label: '', names: ['a'], home: { x: 1, y: -1 } })
})

test('tags that are unknown, unsorted or sent twice are read, the last one counting', () => {
  const text = `${PLAIN} 04   01 08 0000000000000001   7f 02 ffff   00 02 0261   01 08 0000000000000002`
  expect(decoded(text)).toEqual({ ...plain, label: 'a', epoch: 2n })
})

test('a tag that says more or less than its field is refused', () => {
  expect(() => decoded(`${PLAIN} 01 01 09 0000000000000001 00`)).toThrow('Sample v1: tag 1 holds more than its field')
  expect(() => decoded(`${PLAIN} 01 01 07 00000000000001 00`)).toThrow('8 bytes expected')
  expect(() => decoded(`${PLAIN} 01 03 03 7f0261`)).toThrow('array of 126 elements in the 2 bytes left')
})

test('a nullable struct has a byte before it, within its tag too', () => {
  const golden = '0001 00000009 01 00000001 00000002 00   01 07 06 01 00000003 00'
  expect(encoded({ id: 9, place: { x: 1, y: 2 }, away: { x: 3 } })).toEqual(hex(golden))
  expect(decoded(golden)).toEqual({ ...plain, place: { x: 1, y: 2 }, away: { x: 3 } })
  expect(encoded({ id: 9, place: null }, 0)).toEqual(hex('0000 00000009 ff'))
})

test('a version that is not declared is a peer fault when read and a bug when written', () => {
  expect(() => decoded('0002')).toThrow('Sample has no version 2')
  expect(() => encoded({ id: 1 }, 2)).toThrow('Sample has no version 2')
})
