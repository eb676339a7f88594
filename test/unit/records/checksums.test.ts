/** CRC-32C and murmur2 give the numbers that Kafka's give. */

import { expect, test } from 'vitest'
import { crc32c, crc32cByTable } from '../../../core/records/crc32c.ts'
import { murmur2, partitionForKey } from '../../../core/records/murmur2.ts'

test('crc32c has the published check value, natively and by table, whole and in parts', () => {
  for (const checksum of [crc32c, crc32cByTable]) {
    expect(checksum(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(checksum(Buffer.from('56789'), checksum(Buffer.from('1234')))).toBe(0xe3069283)
    expect(checksum(Buffer.alloc(0))).toBe(0)
    expect(checksum(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  }
})

/** From Kafka's UtilsTest.testMurmur2. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is %i', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a key goes to the partition that Kafka would choose: the positive hash modulo the count', () => {
  expect(partitionForKey(Buffer.from('21'), 6)).toBe((-973932308 & 0x7fffffff) % 6)
  expect(partitionForKey(Buffer.from('abc'), 6)).toBe(479470107 % 6)
})
