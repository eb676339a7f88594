/** Exactly once over kill -9: a Java client consumes, processes and produces in transactions while the broker is killed again and again. */

import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { seededRandom } from '../../core/common/random.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { javaClientClassPath, startJavaTransactions } from '../support/clients-java.ts'
import { committedOffsets, createTopic, kafkajsClient } from '../support/clients-kafkajs.ts'
import { committedValues } from '../support/clients-transactions.ts'
import { testWithMade } from '../support/clients-tools.ts'

const it = await testWithMade(javaClientClassPath, 'java', 'maven')
const RECORDS = 3000
const KILLS = 6
const seed = Number(process.env['MILLRACE_SEED'] ?? 11)

it(`every record comes out exactly once while the broker is killed ${KILLS} times (MILLRACE_SEED=${seed})`, async () => {
  const random = seededRandom(seed)
  const broker = await MillraceProcess.start()
  try {
    const { address } = broker
    for (const topic of ['in', 'out']) await createTopic(address, topic, 2)
    const producer = kafkajsClient(address).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const values = Array.from({ length: RECORDS }, (_, at) => String(at))
    for (const partition of [0, 1]) await producer.send({ topic: 'in', messages: values.map(value => ({ partition, value })) })
    await producer.disconnect()

    const processor = await startJavaTransactions(address, 'process', 'processor', 'in', 'out', 'workers', String(2 * RECORDS))
    await expect.poll(async () => (await committedOffsets(address, 'workers', 'in')).some(offset => offset > 0), { timeout: 60_000 }).toBe(true)
    let killed = 0
    for (; killed < KILLS && !processor.exit; killed++) {
      await pause(200 + (random.bytes(1)[0] ?? 0) * 3)
      await broker.kill()
      await broker.start()
    }
    await processor.waitFor('the processor to end', () => processor.exit, 150_000)
    expect(processor.stdout, processor.stderr.join('\n')).toEqual([`processed ${2 * RECORDS}`])
    expect(killed).toBe(KILLS)
    const out = values.map(value => `from-${value}`)
    expect((await committedValues(address, 'out')).values).toEqual([out, out])
    expect(await committedOffsets(address, 'workers', 'in')).toEqual([RECORDS, RECORDS])
  } finally {
    await broker.dispose()
  }
})
