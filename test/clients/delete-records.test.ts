/** Records deleted by real clients: kafkajs, and Kafka's own kafka-delete-records. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopic, kafkajsDriver, withAdmin } from '../support/clients-kafkajs.ts'
import { sampleRecords } from '../support/clients-records.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath, runJava } from '../support/java.ts'

const withKafkasTools = await testWithMade(kafkaClassPath, 'java', 'maven')

let broker: TestBroker
const folder = mkdtempSync(join(tmpdir(), 'millrace-delete-records-'))
beforeAll(async () => {
  broker = await startTarget()
})
afterAll(async () => {
  await broker?.dispose()
  rmSync(folder, { recursive: true })
})

async function topicWith(count: number, topic: string, configs: Readonly<Record<string, string>> = {}): Promise<void> {
  await createTopic(broker.address, topic, 2, configs)
  await kafkajsDriver.produce(broker.address, topic, sampleRecords(count, 2, kafkajsDriver.limits))
}

/** Start and end of both partitions, once a broker that has just started leads them. */
async function bounds(topic: string): Promise<[partition: number, low: number, high: number][]> {
  for (;;) {
    try {
      const offsets = await withAdmin(broker.address, admin => admin.fetchTopicOffsets(topic))
      return offsets.map(({ partition, low, high }): [number, number, number] => [partition, Number(low), Number(high)]).sort((a, b) => a[0] - b[0])
    } catch (error) {
      if (!(error instanceof Error && 'retriable' in error && error.retriable === true)) throw error
    }
  }
}

test('kafkajs deletes records up to an offset and up to the end, the start survives a restart, and offsets go on', async () => {
  await topicWith(40, 'trimmed')
  await withAdmin(broker.address, async admin => {
    await admin.fetchTopicMetadata({ topics: ['trimmed'] })
    await admin.deleteTopicRecords({ topic: 'trimmed', partitions: [{ partition: 0, offset: '7' }, { partition: 1, offset: '-1' }] })
  })
  expect(await bounds('trimmed')).toEqual([[0, 7, 20], [1, 20, 20]])
  const { records } = await kafkajsDriver.readInGroup({ address: broker.address, topic: 'trimmed', group: 'readers', count: 13 })
  expect(records.map(({ partition, offset }) => [partition, offset]).sort((a, b) => Number(a[1]) - Number(b[1]))[0]).toEqual([0, 7])
  await broker.stop()
  await broker.start()
  expect(await bounds('trimmed')).toEqual([[0, 7, 20], [1, 20, 20]])
  await kafkajsDriver.produce(broker.address, 'trimmed', sampleRecords(4, 2, kafkajsDriver.limits, 2))
  expect(await bounds('trimmed')).toEqual([[0, 7, 22], [1, 20, 22]])
})

withKafkasTools('kafka-delete-records deletes, and says why it does not', async () => {
  await topicWith(20, 'tooled')
  await createTopic(broker.address, 'latest', 1, { 'cleanup.policy': 'compact' })
  await topicWith(20, 'forever', { 'cleanup.policy': '' })
  const file = join(folder, 'offsets.json')
  const ask = async (...partitions: { topic: string; partition: number; offset: number }[]): Promise<string> => {
    writeFileSync(file, JSON.stringify({ version: 1, partitions }))
    const ran = await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.DeleteRecordsCommand', ['--bootstrap-server', broker.address, '--offset-json-file', file], { codes: [0, 1] })
    return ran.stdout.toString() + ran.stderr
  }
  expect(await ask({ topic: 'tooled', partition: 0, offset: 3 }, { topic: 'tooled', partition: 1, offset: -1 }, { topic: 'forever', partition: 0, offset: 2 }))
    .toMatch(/partition: tooled-0\s+low_watermark: 3[^]*partition: tooled-1\s+low_watermark: 10|partition: tooled-1\s+low_watermark: 10[^]*partition: tooled-0\s+low_watermark: 3/)
  expect([await bounds('tooled'), await bounds('forever')]).toEqual([[[0, 3, 10], [1, 10, 10]], [[0, 2, 10], [1, 0, 10]]])
  const refused = await ask({ topic: 'latest', partition: 0, offset: 0 }, { topic: 'tooled', partition: 0, offset: 11 })
  expect(refused).toMatch(/latest-0\s+error: .*PolicyViolationException/)
  expect(refused).toMatch(/tooled-0\s+error: .*OffsetOutOfRangeException/)
})
