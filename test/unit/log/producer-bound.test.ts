/** A partition remembers so many producers: a client that takes a new id for each record must not take the memory. */

import { expect, test } from 'vitest'
import { PRODUCERS_PER_PARTITION_MAX } from '../../../core/common/limits.ts'
import { ProducerStates } from '../../../core/log/producer-state.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'

const batchOf = (producerId: number, baseOffset: number, more: { readonly baseSequence?: number; readonly isTransactional?: boolean } = {}): Buffer =>
  encodeBatch({ producerId, producerEpoch: 0, baseSequence: 0, baseOffset, ...more, records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: 1000 }] })

test('above the bound those whose last batch lies farthest back are forgotten, and none within a transaction', () => {
  const states = new ProducerStates()
  states.note(batchOf(1, 0, { isTransactional: true }), 0)
  for (let id = 2; id <= PRODUCERS_PER_PARTITION_MAX; id++) states.note(batchOf(id, id), 0)
  states.note(batchOf(2, PRODUCERS_PER_PARTITION_MAX + 1, { baseSequence: 1 }), 0)
  expect(states.size).toBe(PRODUCERS_PER_PARTITION_MAX)
  states.note(batchOf(1_000_000, PRODUCERS_PER_PARTITION_MAX + 2), 0)
  const forgotten = PRODUCERS_PER_PARTITION_MAX / 10
  expect(states.size).toBe(PRODUCERS_PER_PARTITION_MAX - forgotten + 1)
  expect([1, 2, 3, forgotten + 2, forgotten + 3].map(id => states.get(id) !== undefined)).toEqual([true, true, false, false, true])
  expect(states.firstUnstableOffset).toBe(0)
  expect(states.check(batchOf(3, 0, { baseSequence: 7 }))).toEqual({ is: 'next' }) // as after its time had run out
  for (let id = 2_000_000; id < 2_000_000 + 3 * PRODUCERS_PER_PARTITION_MAX; id++) states.note(batchOf(id, id), 0)
  expect(states.size).toBeLessThanOrEqual(PRODUCERS_PER_PARTITION_MAX)
  expect(states.get(1)).toMatchObject({ currentTxnFirstOffset: 0 })
})
