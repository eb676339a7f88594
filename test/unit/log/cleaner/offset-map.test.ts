/** The table of keys and the hash that stands for them. */

import { expect, test } from 'vitest'
import { seededRandom } from '../../../../core/common/random.ts'
import { KeyHash } from '../../../../core/log/cleaner/key-hash.ts'
import { OffsetMap } from '../../../../core/log/cleaner/offset-map.ts'

const secret = Buffer.from('33343d839f389f004fe6982339cf7a41', 'hex')

test('the hash is Chaskey, whose reference gives these values with 8 rounds', () => {
  const hash = new KeyHash(secret, 8)
  const message = Uint8Array.from({ length: 64 }, (_, index) => index)
  const of = (length: number): string[] => {
    hash.update(message, 0, length)
    return [...hash.words].map(word => (word >>> 0).toString(16).padStart(8, '0'))
  }
  expect([of(0), of(1)]).toEqual([
    ['792e8fe5', '75ce87aa', '2d1450b5', '1191970b'],
    ['13a9307b', '50e62c89', '4577bd88', 'c0bbdc18'],
  ])
})

test('keys of any length, also those that differ in trailing zeros only, have hashes of their own', () => {
  const hash = new KeyHash(secret)
  const zeros = Buffer.alloc(50)
  const seen = new Set(Array.from({ length: 50 }, (_, length) => {
    hash.update(zeros, 0, length)
    return hash.words.join()
  }))
  expect(seen.size).toBe(50)
})

test('each key has the last offset it was put with, also beyond 32 bits', () => {
  const random = seededRandom(3)
  const map = new OffsetMap({ firstOffset: 0, endOffset: 2e10 + 1e7, bytesMax: 1e7, secret })
  const model = new Map<string, number>()
  for (let index = 0; index < 20_000; index++) {
    const key = Buffer.from(`key ${random.below(9000)}`)
    map.put(key, 0, key.length, index * 1_000_003)
    model.set(String(key), index * 1_000_003)
  }
  expect([map.size, map.latestOffset]).toEqual([model.size, 19_999 * 1_000_003])
  for (const [key, offset] of model) expect(map.get(Buffer.from(key), 0, key.length)).toBe(offset)
  expect(map.get(Buffer.from('another'), 0, 7)).toBe(-1)
})

test('it is full at nine tenths of the memory it may have, and still finds everything', () => {
  const map = new OffsetMap({ firstOffset: 0, endOffset: 1e9, bytesMax: 24 * 1000, secret })
  let count = 0
  for (; !map.isFull; count++) map.put(Buffer.from(`key ${count}`), 0, `key ${count}`.length, count)
  expect(count).toBe(900)
  for (let index = 0; index < count; index++) expect(map.get(Buffer.from(`key ${index}`), 0, `key ${index}`.length)).toBe(index)
})

test.each([1000, 1e9])('a record is the latest of its key or not, whether offsets of %i have marks or are looked up', length => {
  const map = new OffsetMap({ firstOffset: 100, endOffset: 100 + length, bytesMax: 24 * 1000, secret })
  const keyOf = (offset: number): Buffer => Buffer.from(`key ${(offset * 7) % 40}`)
  const put = (offset: number): void => map.put(keyOf(offset), 0, keyOf(offset).length, offset)
  for (let offset = 100; offset < 300; offset++) put(offset)
  const latest = Array.from({ length: 300 }, (_, offset) => offset).filter(offset => map.isLatest(keyOf(offset), 0, keyOf(offset).length, offset))
  expect(latest).toEqual(Array.from({ length: 40 }, (_, index) => 260 + index))
})
