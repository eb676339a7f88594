import { expect, test } from 'vitest'
import { parseJump } from '../../../../../renderer/features/messages/jump.ts'

const now = new Date(2026, 6, 14, 14, 2, 11, 482).getTime()
const scope = { now, endOffset: 1_571_008n, partitionCount: 6 }
const jump = (text: string) => parseJump(text, scope)
const at = (...parts: [number, number, number, number?, number?, number?, number?]) => ({
  is: 'time',
  timestamp: BigInt(new Date(parts[0], parts[1], parts[2], ...parts.slice(3)).getTime()),
})

test('digits are an offset', () => {
  expect(jump('1569102')).toEqual({ is: 'offset', offset: 1_569_102n, partition: null })
  expect(jump('0')).toEqual({ is: 'offset', offset: 0n, partition: null })
  expect(parseJump('9007199254740993', { ...scope, endOffset: 2n ** 60n })).toEqual({
    is: 'offset',
    offset: 9007199254740993n,
    partition: null,
  })
})

test('an offset may name its partition, also as the window prints it', () => {
  for (const text of ['3:1569102', '3@1569102', 'p3:1569102', 'orders-3 @ 1569102', 'shop.orders-3@1569102']) {
    expect(jump(text), text).toEqual({ is: 'offset', offset: 1_569_102n, partition: 3 })
  }
  expect(jump('6:0')).toEqual({ is: 'wrong', reason: 'there is no partition 6; the last is 5' })
})

test('a time of day is the last one', () => {
  expect(jump('14:01')).toEqual(at(2026, 6, 14, 14, 1))
  expect(jump('14:02:11.482')).toEqual(at(2026, 6, 14, 14, 2, 11, 482))
  expect(jump('23:30')).toEqual(at(2026, 6, 13, 23, 30))
  expect(jump('25:00:00').is).toBe('wrong')
})

test('a span before now', () => {
  expect(jump('-15m')).toEqual({ is: 'time', timestamp: BigInt(now - 900_000) })
  expect(jump('-1h30m')).toEqual({ is: 'time', timestamp: BigInt(now - 5_400_000) })
  expect(jump('90 s ago')).toEqual({ is: 'time', timestamp: BigInt(now - 90_000) })
  expect(jump('-2 parsecs').is).toBe('wrong')
})

test('dates: ISO with a zone, local without', () => {
  expect(jump('2026-07-14T14:02:11.482Z')).toEqual({ is: 'time', timestamp: BigInt(Date.UTC(2026, 6, 14, 14, 2, 11, 482)) })
  expect(jump('2026-07-14T14:02-05:00')).toEqual({ is: 'time', timestamp: BigInt(Date.UTC(2026, 6, 14, 19, 2)) })
  expect(jump('2026-07-14T14:02:11.482193+0200')).toEqual({ is: 'time', timestamp: BigInt(Date.UTC(2026, 6, 14, 12, 2, 11, 482)) })
  expect(jump('2026-07-14 13:00')).toEqual(at(2026, 6, 14, 13))
  expect(jump('2026-07-13')).toEqual(at(2026, 6, 13))
  expect(jump('2026-02-31').is).toBe('wrong')
})

test('digits beyond the end of the topic are an epoch, and with @ they always are', () => {
  for (const text of ['1784037731', '1784037731000', '1784037731000000', '@1784037731'])
    expect(jump(text), text).toEqual({ is: 'time', timestamp: 1784037731000n })
  expect(jump('2000000')).toEqual({ is: 'offset', offset: 2_000_000n, partition: null })
})

test('both ends by name', () => {
  expect(jump('start')).toEqual({ is: 'start' })
  expect(jump('Latest')).toEqual({ is: 'end' })
})

test('anything else says what can be typed', () => {
  for (const text of ['', 'yesterday', '12:', '1.5', '99999999999999999999']) expect(jump(text).is, text).toBe('wrong')
})
