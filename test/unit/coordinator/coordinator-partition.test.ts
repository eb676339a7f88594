import { expect, test } from 'vitest'
import { coordinatorPartition, javaHashCode } from '../../../core/coordinator/coordinator-partition.ts'

test('the hash of an id is what Java says', () => {
  expect(['', 'a', 'hello'].map(javaHashCode)).toEqual([0, 97, 99162322])
  const ids = ['Hello, World', 'console-consumer-47110', 'Grüße 🚀', 'polygenelubricants']
  expect(ids.map(javaHashCode)).toEqual(ids.map(javaReference))
})

test('a partition comes from the real absolute value, and the smallest int is partition 0', () => {
  expect(javaHashCode('polygenelubricants')).toBe(-2147483648)
  expect(coordinatorPartition('polygenelubricants', 50)).toBe(0)
  expect(coordinatorPartition('hello', 50)).toBe(99162322 % 50)
  expect(javaHashCode('Hello, World')).toBe(-505841268)
  expect(coordinatorPartition('Hello, World', 50)).toBe(505841268 % 50)
})

/** s[0]·31^(n-1) + … + s[n-1], as String.hashCode is specified, in whole numbers of any size. */
function javaReference(text: string): number {
  let sum = 0n
  for (let at = 0; at < text.length; at++) sum = sum * 31n + BigInt(text.charCodeAt(at))
  return Number(BigInt.asIntN(32, sum))
}
