import { expect, test } from 'vitest'
import {
  placeInPartition,
  placeOfJump,
  positionNotice,
  scopeOf,
  selectedBy,
  type TopicPlace,
} from '../../../../../renderer/features/messages/messages-scope.ts'

const orders: TopicPlace = { at: 'topic', topic: 'orders', tab: 'messages' }

test('a place without a position is read from the end', () => {
  expect(scopeOf(orders)).toEqual({ topic: 'orders', partitions: null, at: { is: 'end' } })
})

test('a place with a record is read from that record, which is selected', () => {
  const place: TopicPlace = { ...orders, partition: 3, offset: '9007199254740993' }
  expect(scopeOf(place)).toEqual({ topic: 'orders', partitions: [3], at: { is: 'offset', offset: 9007199254740993n } })
  expect(selectedBy(place)).toBe('3:9007199254740993')
})

test('jumps lead to places, and back to the same position', () => {
  expect(scopeOf(placeOfJump(orders, { is: 'time', timestamp: 1784037731000n })).at).toEqual({ is: 'time', timestamp: 1784037731000n })
  expect(scopeOf(placeOfJump(orders, { is: 'offset', offset: 7n, partition: null })).at).toEqual({ is: 'offset', offset: 7n })
  expect(placeOfJump(orders, { is: 'offset', offset: 7n, partition: 3 })).toEqual({ ...orders, partition: 3, offset: '7' })
  expect(placeOfJump({ ...orders, partition: 2 }, { is: 'offset', offset: 7n, partition: null })).toEqual({
    ...orders,
    partition: 2,
    offset: '7',
  })
  expect(placeOfJump({ ...orders, partition: 2, offset: '5' }, { is: 'start' })).toEqual({ ...orders, partition: 2, from: 'start' })
})

test('another partition keeps a time and forgets an offset', () => {
  expect(placeInPartition({ ...orders, from: 'time-5' }, 1)).toEqual({ ...orders, partition: 1, from: 'time-5' })
  expect(placeInPartition({ ...orders, partition: 1, offset: '5' }, null)).toEqual(orders)
})

test('an offset that retention took, or that is not written yet, is said', () => {
  const at = (offset: bigint) => ({ topic: 'orders', partitions: [0], at: { is: 'offset' as const, offset } })
  const bounds = [{ partition: 0, startOffset: 1204n, endOffset: 2000n }]
  expect(positionNotice(at(0n), [{ partition: 0, offset: 1204n }], bounds)).toBe(
    'orders-0 starts at 1204 now; 1204 from offset 0 on were deleted by retention.',
  )
  expect(positionNotice(at(5000n), [{ partition: 0, offset: 2000n }], bounds)).toBe(
    'orders-0 ends at 2000: offset 5000 is not written yet.',
  )
  expect(positionNotice(at(1500n), [{ partition: 0, offset: 1500n }], bounds)).toBeNull()
})

test('a time after the last record is said', () => {
  const scope = { topic: 'orders', partitions: null, at: { is: 'time' as const, timestamp: 9n } }
  const bounds = [{ partition: 0, startOffset: 0n, endOffset: 20n }]
  expect(positionNotice(scope, [{ partition: 0, offset: 20n }], bounds)).toContain('Nothing was written at or after')
  expect(positionNotice(scope, [{ partition: 0, offset: 7n }], bounds)).toBeNull()
})
