/** Kafka's own DumpLogSegments decodes the `__transaction_state` that we wrote. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { addPartitionsToTxn, createTopics, describeTransactions, endTxn, findCoordinator, initProducerId } from '../../core/protocol/apis/index.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpLogSegments, kafkaClassPath } from '../support/java.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')

let broker: MillraceProcess
beforeAll(async () => {
  broker = await MillraceProcess.start()
})
afterAll(() => broker?.dispose())

type Payload = { readonly version: string; readonly data: { readonly transactionStatus: number; readonly transactionPartitions: unknown; readonly clientTransactionVersion?: number } }

it('DumpLogSegments decodes a transaction from its start to its end', async () => {
  const connection = await RawConnection.open(broker.port)
  await ask(connection, createTopics, 7, { topics: [{ name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 5000 })
  await ask(connection, findCoordinator, 4, { keyType: 1, coordinatorKeys: ['t'] })
  const { producerId, producerEpoch } = await ask(connection, initProducerId, 5, { transactionalId: 't', transactionTimeoutMs: 60_000 })
  const topics = [{ name: 'orders', partitions: [0, 1] }]
  await ask(connection, addPartitionsToTxn, 5, { transactions: [{ transactionalId: 't', producerId, producerEpoch, verifyOnly: false, topics }] })
  await ask(connection, endTxn, 5, { transactionalId: 't', producerId, producerEpoch, committed: true })
  const state = async (): Promise<string | undefined> => (await ask(connection, describeTransactions, 0, { transactionalIds: ['t'] })).transactionStates[0]?.transactionState
  while (await state() !== 'CompleteCommit') await new Promise(resolve => { setTimeout(resolve, 5) })
  connection.close()
  await broker.stop()

  const folder = broker.partitionFolder('__transaction_state', 't'.charCodeAt(0) % 50)
  const files = readdirSync(folder).filter(name => name.endsWith('.log')).map(name => join(folder, name))
  const { lines, complaints } = await dumpLogSegments(files, '--transaction-log-decoder')
  expect(complaints).toBe('')
  const payloads = lines.flatMap(line => / payload: (\{.*\})$/.exec(line)?.[1] ?? []).map(json => JSON.parse(json) as Payload) // as the tool prints it
  expect(payloads.map(({ version, data }) => [version, data.transactionStatus, data.transactionPartitions, data.clientTransactionVersion])).toEqual([
    ['1', 0, null, undefined],
    ['1', 1, [{ topic: 'orders', partitionIds: [0, 1] }], 2],
    ['1', 2, [{ topic: 'orders', partitionIds: [0, 1] }], 2],
    ['1', 4, [], 2],
  ])
})
