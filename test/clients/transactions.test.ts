/** Transactions of real clients: committed, aborted, consumed and produced in one, fenced; and a broker killed in the middle of one. */

import { afterAll, beforeAll, describe, expect } from 'vitest'
import { javaClientClassPath } from '../support/clients-java.ts'
import { committedOffsets, createTopic, kafkajsClient } from '../support/clients-kafkajs.ts'
import { targetIsKafka, startTarget, type TestBroker } from '../support/clients-target.ts'
import { committedValues, javaConsumerGroups, javaTransactions, kafkajsTransactions, platformaticTransactions, type TransactionalDriver } from '../support/clients-transactions.ts'
import { testWithMade } from '../support/clients-tools.ts'

const it = await testWithMade(javaClientClassPath, 'java', 'maven')

describe.each([kafkajsTransactions, platformaticTransactions, javaTransactions, javaConsumerGroups])('$name', (driver: TransactionalDriver) => {
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startTarget()
  })
  afterAll(() => broker?.dispose())

  it('read_committed sees what was committed and nothing of what was aborted', async () => {
    const { address } = broker
    await createTopic(address, 'ledger', 2)
    const values = Array.from({ length: 12 }, (_, at) => (at % 3 === 1 ? `dropped-${at}` : `kept-${at}`))
    await driver.write({ address, id: 'writer', topic: 'ledger', values })
    // A second run of the same transactional id goes on with a new epoch.
    await driver.write({ address, id: 'writer', topic: 'ledger', values: ['kept-again', 'dropped-again'] })
    const kept = [...values, 'kept-again'].filter(value => value.startsWith('kept'))
    await expect.poll(() => committedValues(address, 'ledger'), { timeout: 30_000 }).toEqual({ values: [kept, kept], ends: [28, 28] })
  })

  it('consume, process, produce: every record comes out exactly once, and the group has committed exactly so far', async () => {
    const { address } = broker
    for (const topic of ['in', 'out']) await createTopic(address, topic, 2)
    const values = Array.from({ length: 20 }, (_, at) => (at % 5 === 3 && !driver.showsAborted ? `dropped-${at}` : `kept-${at}`))
    await kafkajsTransactions.write({ address, id: 'source', topic: 'in', values })
    const kept = values.filter(value => value.startsWith('kept'))
    await driver.process({ address, id: 'processor', from: 'in', to: 'out', group: 'workers', count: 2 * kept.length })
    const out = kept.map(value => `from-${value}`)
    expect((await committedValues(address, 'out')).values).toEqual([out, out])
    expect(await committedOffsets(address, 'workers', 'in')).toEqual([39, 39])
  })

  const { zombie } = driver
  if (!zombie) return
  it('a second producer of an id fences the first, whose transaction is gone', async () => {
    const { address } = broker
    await createTopic(address, 'fenced', 1)
    const told = await zombie({ address, id: 'zombie', topic: 'fenced' })
    expect(told).toMatch(/fenced|epoch/i)
    expect(told).not.toContain('not fenced')
    expect((await committedValues(address, 'fenced')).values).toEqual([['kept-second']])
  })
})

const itHere = targetIsKafka ? it.skip : it

itHere('a broker killed in the middle of transactions comes back with each of them whole: committed where the client was told so, else gone', async () => {
  const broker = await startTarget()
  try {
    const { address } = broker
    await createTopic(address, 'survivors', 2)
    await kafkajsTransactions.write({ address, id: 'done', topic: 'survivors', values: ['kept-1', 'dropped-1'] })
    const producer = kafkajsClient(address, 20).producer({ transactionalId: 'open', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
    await producer.connect()
    const open = await producer.transaction()
    await open.send({ topic: 'survivors', messages: [0, 1].map(partition => ({ partition, value: 'kept-open' })) })
    const committing = await kafkajsClient(address, 20).producer({ transactionalId: 'committing', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
    await committing.connect()
    const last = await committing.transaction()
    await last.send({ topic: 'survivors', messages: [0, 1].map(partition => ({ partition, value: 'kept-last' })) })
    await last.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: 'survivors', partitions: [{ partition: 0, offset: '2' }] }] })
    await last.commit()
    await broker.kill()
    await broker.start()
    expect((await committedValues(address, 'survivors')).values).toEqual([['kept-1'], ['kept-1']])
    expect(await committedOffsets(address, 'g', 'survivors')).toEqual([2, -1])
    // The open one goes on over the restart, and is whole too.
    await open.commit()
    await expect.poll(async () => (await committedValues(address, 'survivors')).values, { timeout: 30_000 }).toEqual(Array.from({ length: 2 }, () => ['kept-1', 'kept-open', 'kept-last']))
    await Promise.all([producer.disconnect(), committing.disconnect()])
  } finally {
    await broker.dispose()
  }
})
