/** Idempotent producers: a repeated batch is told from a lost one, also over restarts (KIP-98). */

import { expect, test } from 'vitest'
import type { Appended, PartitionLog } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, openLog, readAll } from './fixture.ts'

function send(log: PartitionLog, sequence: number, o: { count?: number; epoch?: number; producerId?: number } = {}): Appended {
  const { count = 1, epoch = 0, producerId = 7 } = o
  const values = Array.from({ length: count }, (_, at) => `${sequence + at}`)
  return log.append(batch(values, { producerId, producerEpoch: epoch, baseSequence: sequence }))
}

test('a batch sent again within the last five is answered with the offsets it has, and not stored twice', async () => {
  const { log } = await openLog()
  for (let index = 0; index < 6; index++) send(log, index * 2, { count: 2 })
  for (let index = 1; index < 6; index++) {
    expect(send(log, index * 2, { count: 2 })).toMatchObject({ error: 'NONE', isDuplicate: true, baseOffset: index * 2, lastOffset: index * 2 + 1 })
  }
  expect(send(log, 0, { count: 2 }).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(log.endOffset).toBe(12)
})

test('a repeat is the whole batch or none of it: other bounds are out of order', async () => {
  const { log } = await openLog()
  send(log, 0, { count: 4 })
  expect(send(log, 0, { count: 3 }).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(send(log, 2, { count: 2 }).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
})

test('a gap is out of order, and the next sequence is still taken', async () => {
  const { log } = await openLog()
  send(log, 0)
  expect(send(log, 2).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(send(log, 1)).toMatchObject({ error: 'NONE', isDuplicate: false })
})

test('an unknown producer may begin with any sequence, a new epoch only with 0, and an old epoch is refused', async () => {
  const { log } = await openLog()
  expect(send(log, 55).error).toBe('NONE')
  expect(send(log, 56, { epoch: 1 }).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(send(log, 0, { epoch: 1 }).error).toBe('NONE')
  expect(send(log, 56, { epoch: 0 }).error).toBe('INVALID_PRODUCER_EPOCH')
  expect(send(log, 1, { epoch: 1 }).error).toBe('NONE')
})

test('sequences go from 2147483647 to 0, between batches and within one', async () => {
  const { log } = await openLog()
  send(log, 0x7fffffff)
  expect(send(log, 0)).toMatchObject({ error: 'NONE', isDuplicate: false })
  send(log, 0x7ffffffe, { producerId: 8, count: 4 })
  expect(send(log, 0x7ffffffe, { producerId: 8, count: 4 })).toMatchObject({ isDuplicate: true, baseOffset: 2 })
  expect(send(log, 2, { producerId: 8 })).toMatchObject({ error: 'NONE', isDuplicate: false })
})

test('producers are independent, and a silent one is forgotten after a day', async () => {
  const { log, clock } = await openLog()
  send(log, 0)
  send(log, 0, { producerId: 8 })
  log.expireProducers(clock.now() + 86_399_999)
  expect([...log.producers()].map(({ producerId }) => producerId)).toEqual([7, 8])
  log.expireProducers(clock.now() + 86_400_000)
  expect([...log.producers()]).toEqual([])
  expect(send(log, 9).error).toBe('NONE')
})

test('after a clean restart the last batch of a producer is known, after a crash its last five', async () => {
  const first = await openLog()
  for (let index = 0; index < 4; index++) send(first.log, index)
  await first.log.close()
  const clean = await openLog({ disk: first.disk, isClean: true })
  expect(send(clean.log, 3)).toMatchObject({ isDuplicate: true, baseOffset: 3 })
  expect(send(clean.log, 2).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(send(clean.log, 4).error).toBe('NONE')
  first.disk.crash('process')
  const crashed = await openLog({ disk: first.disk, recoveryPoint: 4 })
  expect(send(crashed.log, 4)).toMatchObject({ isDuplicate: true, baseOffset: 4 })
  expect(send(crashed.log, 3)).toMatchObject({ isDuplicate: true, baseOffset: 3 })
  expect(send(crashed.log, 5).error).toBe('NONE')
})

test('a damaged snapshot is dropped, and an older one with the log after it does', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 300 } })
  for (let index = 0; index < 10; index++) send(log, index)
  await log.close()
  const snapshots = disk.paths.filter(path => path.endsWith('.snapshot'))
  expect(snapshots.length).toBeGreaterThan(2)
  for (const path of snapshots.slice(-2)) disk.replaceNow(path, Buffer.from('no snapshot at all'))
  const again = await openLog({ disk, isClean: true })
  expect(send(again.log, 9)).toMatchObject({ isDuplicate: true, baseOffset: 9 })
  expect(send(again.log, 10).error).toBe('NONE')
  expect(readAll(again.log).length).toBe(11)
})

test('batches without a producer id know no sequences', async () => {
  const { log } = await openLog()
  mustAppend(log, batch(['same']))
  expect(mustAppend(log, batch(['same'])).isDuplicate).toBe(false)
  expect([...log.producers()]).toEqual([])
})
