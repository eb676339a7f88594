/** Batches that the transaction's coordinator has let pass (KIP-890), and what may have happened before they are stored. */

import { expect, test } from 'vitest'
import { VERIFICATIONS_MAX } from '../../../core/common/limits.ts'
import type { Verification } from '../../../core/log/producer-state.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { heldWork } from '../../support/held-work.ts'
import { batch, openLog } from './fixture.ts'

const ofTransaction = (baseSequence: number, producerEpoch = 0) => ({ producerId: 7, producerEpoch, baseSequence, isTransactional: true })

function verify(log: PartitionLog, startsAtZero = false): { verification: Verification } {
  return { verification: { verifiedAt: log.endOffset, startsAtZero } }
}

function end(log: PartitionLog, producerEpoch: number): void {
  const marker = encodeMarker({ producerId: 7, producerEpoch, coordinatorEpoch: 0, isAbort: true, timestamp: 0 })
  expect(log.append(marker, { origin: 'coordinator' }).error).toBe('NONE')
}

test('a batch that was let pass and is overtaken by its marker opens no transaction that nobody would end', async () => {
  const work = heldWork()
  const { log } = await openLog({ work })
  await log.appendInTurn(batch(['a'], ofTransaction(0)), verify(log))
  const slow = log.appendInTurn(batch(['x'.repeat(400_000)], { codec: 'gzip', ...ofTransaction(1) }), verify(log))
  const behind = log.appendInTurn(batch(['b'], ofTransaction(2)), verify(log))
  end(log, 0)
  work.asked[0]?.go()
  expect([await slow, await behind]).toMatchObject([{ error: 'INVALID_TXN_STATE' }, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }])
  expect([log.lastStableOffset, log.endOffset]).toEqual([2, 2])
  expect(log.appendInTurn(batch(['next'], ofTransaction(1)), verify(log))).toMatchObject({ error: 'NONE', baseOffset: 2 })
  expect(log.lastStableOffset).toBe(2)
})

test('a first batch of version 2 must count from 0 where nothing is known of its producer; others may start anywhere', async () => {
  const { log } = await openLog()
  expect(log.appendInTurn(batch(['a'], ofTransaction(3)), verify(log, true))).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  expect(log.endOffset).toBe(0)
  expect(log.appendInTurn(batch(['a'], ofTransaction(0)), verify(log, true))).toMatchObject({ error: 'NONE' })
  const { log: other } = await openLog()
  expect(other.appendInTurn(batch(['a'], ofTransaction(3)), verify(other))).toMatchObject({ error: 'NONE' })
})

test('a batch whose verification failed must come before those behind it, until one of its transaction is stored', async () => {
  const { log } = await openLog()
  log.startVerification({ producerId: 7, epoch: 0, sequence: 0 })
  expect(log.appendInTurn(batch(['second'], ofTransaction(1)), verify(log))).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  log.startVerification({ producerId: 7, epoch: 0, sequence: 1 })
  expect(log.appendInTurn(batch(['second'], ofTransaction(1)), verify(log))).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  expect(log.appendInTurn(batch(['first'], ofTransaction(0)), verify(log))).toMatchObject({ error: 'NONE', baseOffset: 0 })
  expect(log.appendInTurn(batch(['second'], ofTransaction(1)), verify(log))).toMatchObject({ error: 'NONE', baseOffset: 1 })
})

test('a verification of an older epoch says nothing of a newer one, and none is remembered for ever', async () => {
  const { log } = await openLog()
  log.startVerification({ producerId: 7, epoch: 0, sequence: 0 })
  log.startVerification({ producerId: 7, epoch: 1, sequence: 4 })
  log.startVerification({ producerId: 7, epoch: 0, sequence: 2 })
  expect(log.appendInTurn(batch(['a'], ofTransaction(4, 1)), verify(log))).toMatchObject({ error: 'NONE' })
  log.startVerification({ producerId: 8, epoch: 0, sequence: 0 })
  log.expireProducers(Date.now() * 2)
  expect(log.appendInTurn(batch(['b'], { ...ofTransaction(9), producerId: 8 }), verify(log))).toMatchObject({ error: 'NONE' })
  log.startVerification({ producerId: 9, epoch: 0, sequence: 0 })
  for (let producerId = 1000; producerId < 1000 + VERIFICATIONS_MAX; producerId++) log.startVerification({ producerId, epoch: 0, sequence: 0 })
  expect(log.appendInTurn(batch(['c'], { ...ofTransaction(9), producerId: 9 }), verify(log))).toMatchObject({ error: 'NONE' })
})
