/** kafka-transactions, Apache Kafka's own tool, against the broker: what it shows of transactions, and the end of one that hangs. */

import { afterAll, beforeAll, expect } from 'vitest'
import { createTopic, kafkajsClient } from '../support/clients-kafkajs.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { committedValues, kafkajsTransactions } from '../support/clients-transactions.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { KafkaTools } from '../support/kafka-tools.ts'

const it = await testWithMade(KafkaTools.classPath, 'java', 'maven')

let broker: TestBroker
let tools: KafkaTools
beforeAll(async () => {
  broker = await startTarget()
  tools = await KafkaTools.start()
})
afterAll(async () => {
  await tools?.end()
  await broker?.dispose()
})

async function transactions(...args: string[]): Promise<string> {
  return (await tools.run('kafka-transactions', ['--bootstrap-server', broker.address, ...args])).stdout
}

it('lists and describes transactions and producers, and aborts one at the offset where it began', async () => {
  const { address } = broker
  await createTopic(address, 'ledger', 2)
  await kafkajsTransactions.write({ address, id: 'done', topic: 'ledger', values: ['kept-1'] })
  const producer = kafkajsClient(address, 20).producer({ transactionalId: 'hangs', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
  await producer.connect()
  const open = await producer.transaction()
  await open.send({ topic: 'ledger', messages: [{ partition: 0, value: 'dropped-open' }] })

  const listed = await transactions('list')
  expect(listed).toMatch(/^done\s+1\s+\d+\s+CompleteCommit/m)
  expect(listed).toMatch(/^hangs\s+1\s+\d+\s+Ongoing/m)
  expect(await transactions('describe', '--transactional-id', 'hangs')).toMatch(/^1\s+hangs\s+\d+\s+0\s+Ongoing\s+60000\s+\S+\s+\S+\s+ledger-0/m)
  const producers = (): Promise<string> => transactions('describe-producers', '--topic', 'ledger', '--partition', '0')
  expect(await producers()).toMatch(/^\d+\s+0\s+-1\s+0\s+\d+\s+2\s*$/m) // id, epoch, coordinator epoch, last sequence, time, where it began
  expect((await committedValues(address, 'ledger')).ends).toEqual([2, 2])
  expect(await transactions('find-hanging', '--broker-id', '1')).toMatch(/^Topic\s+Partition\s+ProducerId/m)

  await transactions('abort', '--topic', 'ledger', '--partition', '0', '--start-offset', '2')
  expect(await producers()).not.toMatch(/\s2\s*$/m)
  expect(await committedValues(address, 'ledger')).toEqual({ values: [['kept-1'], ['kept-1']], ends: [4, 2] })
  await producer.disconnect()
})

it('ends the transaction of an id by force, and lists by pattern and by how long one is open', async () => {
  const { address } = broker
  await createTopic(address, 'forced', 1)
  const producer = kafkajsClient(address, 20).producer({ transactionalId: 'by-force', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
  await producer.connect()
  const open = await producer.transaction()
  await open.send({ topic: 'forced', messages: [{ partition: 0, value: 'dropped' }] })
  expect(await transactions('list', '--transactional-id-pattern', 'by-.*')).toMatch(/^by-force\s+1\s+\d+\s+Ongoing/m)
  expect(await transactions('list', '--transactional-id-pattern', 'by')).not.toContain('by-force')
  expect(await transactions('list', '--duration-filter', '3600000')).not.toContain('by-force')
  await transactions('forceTerminateTransaction', '--transactionalId', 'by-force')
  expect(await transactions('list')).toMatch(/^by-force\s+1\s+\d+\s+Empty/m) // its producer began anew
  expect(await committedValues(address, 'forced')).toEqual({ values: [[]], ends: [2] })
  await expect(open.send({ topic: 'forced', messages: [{ partition: 0, value: 'too late' }] })).rejects.toThrow(/epoch|fenced|newer producer/i)
  await producer.disconnect()
})
