import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, decoderOf } from '../../../core/serdes/decode.ts'

const utf8 = (text: string): Uint8Array => Buffer.from(text)

test('an object or array is JSON, and every digit of its numbers stays', () => {
  const text = '{"id": 12345678901234567890, "price": 1.10}'
  expect(decode(utf8(text), 2048)).toEqual({ is: 'json', text, sizeBytes: text.length, restBytes: 0 })
  expect(decode(utf8(' [1, 2]\n'), 2048)).toMatchObject({ is: 'json', text: ' [1, 2]\n' })
})

test('braces around something else, a bare number and a plain word are text', () => {
  for (const text of ['{not json}', '[INFO] started [ok]', '42', 'true', 'Grüße, 東京 🚀', '', 'a\tb\r\nc']) {
    expect(decode(utf8(text), 2048)).toMatchObject({ is: 'text', text })
  }
})

test('control characters and bytes that are not UTF-8 are shown as hex', () => {
  expect(decode(new Uint8Array([0, 0, 0, 0, 7, 65]), 2048)).toEqual({ is: 'hex', text: '000000000741', sizeBytes: 6, restBytes: 0 })
  expect(decode(new Uint8Array([0xff, 0x41]), 2048)).toMatchObject({ is: 'hex', text: 'ff41' })
  expect(decode(utf8('a\u0085b'), 2048)).toMatchObject({ is: 'hex' })
  expect(decode(utf8('a\u007fb'), 2048)).toMatchObject({ is: 'hex' })
})

test('no value is not an empty value', () => {
  expect(decode(null, 10)).toEqual({ is: 'null' })
  expect(decode(new Uint8Array(0), 10)).toEqual({ is: 'text', text: '', sizeBytes: 0, restBytes: 0 })
})

test('what is shown is bounded, never cuts a character, and says how much is missing', () => {
  expect(decode(utf8('ab🚀cd'), 4)).toEqual({ is: 'text', text: 'ab', sizeBytes: 8, restBytes: 6 })
  expect(decode(utf8(`{"a":"${'x'.repeat(100)}"}`), 10)).toEqual({ is: 'json', text: '{"a":"xxxx', sizeBytes: 108, restBytes: 98 })
  expect(decode(new Uint8Array(100), 10)).toEqual({ is: 'hex', text: '0000000000', sizeBytes: 100, restBytes: 95 })
})

test('each way of showing has a name', () => {
  expect([null, utf8('{}'), utf8('a'), new Uint8Array(1)].map(bytes => decoderOf(decode(bytes, 9)))).toEqual([
    'no value', 'JSON, by shape', 'UTF-8 text', 'bytes',
  ])
})

test('any bytes: shown plus rest is the size, and text comes back as the same bytes', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.string({ unit: 'grapheme' }).map(utf8)), fc.integer({ min: 8, max: 40 }), (bytes, bound) => {
    const decoded = decode(bytes, bound)
    if (decoded.is === 'null') throw new Error('bytes are not null')
    const back = Buffer.from(decoded.text, decoded.is === 'hex' ? 'hex' : 'utf8')
    expect(back.equals(Buffer.from(bytes).subarray(0, bytes.length - decoded.restBytes))).toBe(true)
    expect(decoded.text.length).toBeLessThanOrEqual(bound)
  }))
})
