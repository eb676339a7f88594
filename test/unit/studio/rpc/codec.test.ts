import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RPC_MESSAGE_BYTES_MAX } from '../../../../core/common/limits.ts'
import { CodecError, decodeMessage, encodeMessage, encodeValue, fits64Bits } from '../../../../core/studio/rpc/codec.ts'

const key = fc.string().filter(name => name !== '__proto__')
const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null), fc.boolean(), fc.string({ unit: 'grapheme' }),
    // MessagePack has no negative zero among its integers.
    fc.double({ noNaN: true }).filter(number => !Object.is(number, -0)),
    fc.integer(), fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.uint8Array(),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))

test('any value of the contract comes back as it was: bigint stays bigint, number stays number, bytes stay bytes', () => {
  fc.assert(fc.property(tree, tree, (head, payload) => {
    expect(decodeMessage(encodeMessage(head, payload))).toEqual({ head, payload })
    expect(encodeMessage(head, encodeValue(payload))).toEqual(encodeMessage(head, payload))
  }), { numRuns: 300 })
})

test('a property that is undefined is left out', () => {
  expect(decodeMessage(encodeMessage({ a: undefined, b: 1 }, null))).toEqual({ head: { b: 1 }, payload: null })
})

test('bytes that are no message are refused, whatever they are', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
    try {
      decodeMessage(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError)
    }
  }), { numRuns: 500 })
  expect(() => decodeMessage(new Uint8Array(0))).toThrow(CodecError)
  expect(() => decodeMessage(new Uint8Array([0xc0]))).toThrow(CodecError)
  expect(() => decodeMessage(new Uint8Array([0xc0, 0xc0, 0xc0]))).toThrow(CodecError)
  expect(() => decodeMessage(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]))).toThrow(CodecError)
})

test('a message above the bound is refused on both sides', () => {
  expect(() => encodeMessage(null, new Uint8Array(RPC_MESSAGE_BYTES_MAX))).toThrow(/above the bound/)
  expect(() => decodeMessage(new Uint8Array(RPC_MESSAGE_BYTES_MAX + 1))).toThrow(/above the bound/)
})

test('a function cannot travel', () => {
  expect(() => encodeMessage({ run: () => 1 }, null)).toThrow(CodecError)
})

test('a bigint outside 64 bits is noticed at any depth', () => {
  expect(fits64Bits({ a: [1n, { b: 2n ** 64n }] })).toBe(false)
  expect(fits64Bits({ a: [1n, { b: 2n ** 64n - 1n }], c: new Uint8Array(3), d: null })).toBe(true)
})
