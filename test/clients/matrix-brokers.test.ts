/** Programs of the client matrix against three brokers in one process: nothing is different for them. And librdkafka's other kinds of groups. */

import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { committedResults, runMatrix } from '../support/clients-matrix.ts'
import { nodeMatrix } from '../support/clients-matrix-node.ts'
import { pythonEnvironment, pythonMatrix } from '../support/clients-matrix-python.ts'
import { run } from '../support/clients-process.ts'
import { testWithMade } from '../support/clients-tools.ts'

const it = await testWithMade(pythonEnvironment, 'python')

let brokers: MillraceProcess
beforeAll(async () => {
  brokers = await MillraceProcess.start({ args: ['--brokers', '3', '--racks', 'a,b,c'] })
})
afterAll(() => brokers?.dispose())

const clients = [...nodeMatrix, ...pythonMatrix].filter(({ name }) => ['kafkajs', 'confluent-kafka', 'kafka-python'].includes(name))
it.concurrent.for(clients)('$name', async client => {
  const { steps } = await runMatrix(client, brokers.address)
  const committed = committedResults().find(result => result.client === client.name)?.steps
  expect(Object.entries(steps).map(([step, { result }]) => [step, result])).toEqual(Object.entries(committed ?? {}).map(([step, { result }]) => [step, result]))
})

const kinds = ['cooperative-sticky', 'classic-pattern', 'consumer-pattern', 'consumer-range', 'consumer-rack']
it.concurrent.for(kinds)('two members of librdkafka share and hand over partitions: %s', async kind => {
  await run(await pythonEnvironment(), [join(import.meta.dirname, 'matrix', 'python', 'kinds.py'), brokers.address, kind])
})
