/** A batch that needs slow work holds up the appends behind it in its partition, and nothing else. */

import { expect, test } from 'vitest'
import type { Refusal } from '../../../core/log/batch-validation.ts'
import { defaultLogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { type BatchCheck, checkInProcess } from '../../../core/log/slow-work.ts'
import { heldWork } from '../../support/held-work.ts'
import { batch, openLog, readAll } from './fixture.ts'

const large = (value: string, more: Parameters<typeof batch>[1] = {}): Buffer => batch([value.repeat(400_000)], { codec: 'gzip', ...more })

const outcome = async (appended: ReturnType<PartitionLog['appendInTurn']>): Promise<string | number> => {
  const answer = await appended
  return answer.error === 'NONE' ? answer.baseOffset : answer.error
}

test('what can be checked at once is appended at once, without a promise', async () => {
  const { log } = await openLog()
  expect(log.appendInTurn(batch(['a', 'b'], { codec: 'zstd' }))).toMatchObject({ error: 'NONE', baseOffset: 0 })
  expect(log.appendInTurn(Buffer.alloc(3))).toMatchObject({ error: 'INVALID_RECORD' })
})

test('appends behind a slow one keep the order they came in, refused ones too, and then it is at once again', async () => {
  const work = heldWork()
  const { log } = await openLog({ work })
  const slow = log.appendInTurn(large('x'))
  const behind = [batch(['a']), Buffer.alloc(3), batch(['b', 'c']), large('y'), batch(['d'])].map(bytes => outcome(log.appendInTurn(bytes)))
  expect([log.endOffset, work.asked.length]).toEqual([0, 1])
  work.asked[0]?.go()
  await expect.poll(() => work.asked.length).toBe(2)
  expect([log.endOffset, await outcome(slow)]).toEqual([4, 0])
  work.asked[1]?.go()
  expect(await Promise.all(behind)).toEqual([1, 'INVALID_RECORD', 2, 4, 5])
  expect(readAll(log, 0, 10_000_000).map(value => value.slice(0, 3))).toEqual(['xxx', 'a', 'b', 'c', 'yyy', 'd'])
  expect(log.appendInTurn(batch(['e']))).toMatchObject({ baseOffset: 6 })
})

test('sequences and duplicates are looked at when the turn comes, not when the batch came', async () => {
  const { log } = await openLog()
  const from = (baseSequence: number): { producerId: number; producerEpoch: number; baseSequence: number } => ({ producerId: 7, producerEpoch: 0, baseSequence })
  const answers = [large('x', from(0)), batch(['a'], from(1)), large('x', from(0)), batch(['gap'], from(5)), large('y', from(2))]
    .map(bytes => outcome(log.appendInTurn(bytes)))
  expect(await Promise.all(answers)).toEqual([0, 1, 0, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 2])
  expect(log.endOffset).toBe(3)
})

test('a topic whose settings change under the check has the batch checked again by the new ones', async () => {
  const work = heldWork()
  const { log } = await openLog({ work })
  const slow = outcome(log.appendInTurn(large('x')))
  log.setConfig({ ...defaultLogConfig, maxMessageBytes: 100 })
  work.asked[0]?.go()
  await expect.poll(() => work.asked.length).toBe(2)
  expect(work.asked[1]?.rules.config.maxMessageBytes).toBe(100)
  work.asked[1]?.go()
  expect([await slow, log.endOffset]).toEqual(['MESSAGE_TOO_LARGE', 0])
})

test('a log that closes meanwhile stores nothing more', async () => {
  const work = heldWork()
  const { log } = await openLog({ work })
  const answers = [large('x'), batch(['a'])].map(bytes => outcome(log.appendInTurn(bytes)))
  await log.close()
  work.asked[0]?.go()
  expect(await Promise.all(answers)).toEqual(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'])
})

test('work that was lost is refused and the next batch goes on; a bug in it fails its own batch only', async () => {
  const lost: Refusal = { error: 'KAFKA_STORAGE_ERROR', message: 'lost' }
  const answers: (Refusal | Error)[] = [lost, new Error('a bug')]
  const work: BatchCheck = {
    async check(bytes, rules) {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer ?? checkInProcess.check(bytes, rules)
    },
  }
  const { log } = await openLog({ work })
  const appended = [large('x'), large('y'), batch(['a']), large('z')].map(bytes => outcome(log.appendInTurn(bytes)))
  const settled = await Promise.allSettled(appended)
  expect(settled.map(each => each.status === 'fulfilled' ? each.value : String(each.reason))).toEqual(['KAFKA_STORAGE_ERROR', 'Error: a bug', 0, 1])
})
