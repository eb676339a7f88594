/** `millrace serve` as a process: one per data folder, a clean stop, data that stays. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { MillraceProcess, runMillrace } from '../support/broker-process.ts'
import { answersApiVersions } from '../support/clients-frames.ts'
import { createTopic, kafkajsClient, kafkajsDriver, topicOffsets } from '../support/clients-kafkajs.ts'
import { expectSameRecords, sampleRecords } from '../support/clients-records.ts'
import { targetIsKafka } from '../support/clients-target.ts'

const it = test.skipIf(targetIsKafka)
const started: MillraceProcess[] = []
const folders: string[] = []
afterEach(async () => {
  for (const broker of started.splice(0)) await broker.dispose()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function serve(options: ConstructorParameters<typeof MillraceProcess>[0] = {}): Promise<MillraceProcess> {
  const broker = new MillraceProcess(options)
  started.push(broker)
  await broker.start()
  return broker
}

it('a second serve on the same data folder refuses and names the folder; the first goes on', async () => {
  const first = await serve()
  await expect(serve({ dataFolder: first.dataFolder })).rejects.toThrow(first.dataFolder)
  expect(started[1]?.process.exit?.code).toBe(1)
  expect(await answersApiVersions(first.port)).toBe(true)
  await createTopic(first.address, 'still-writable', 1)
})

it('a data folder is free again after kill -9', async () => {
  const broker = await serve()
  await broker.kill()
  await broker.start()
  expect(await answersApiVersions(broker.port)).toBe(true)
})

it('SIGTERM while a client produces ends with exit code 0 and every acknowledged record kept', async () => {
  const broker = await serve()
  await createTopic(broker.address, 'stopped', 1)
  const producer = kafkajsClient(broker.address, 0).producer()
  await producer.connect()
  let acknowledged = 0
  let stopping: Promise<number | null> | undefined
  try {
    for (let batch = 0; batch < 1000; batch++) {
      await producer.send({ topic: 'stopped', acks: -1, messages: Array.from({ length: 10 }, () => ({ value: 'x' })) })
      acknowledged += 10
      if (batch === 50) stopping = broker.stop()
    }
  } catch {
    // the broker has gone, as it should
  }
  await producer.disconnect().catch(() => undefined)
  expect(await stopping).toBe(0)
  await broker.start()
  const [offsets] = await topicOffsets(broker.address, 'stopped')
  expect(offsets?.end).toBeGreaterThanOrEqual(acknowledged)
  expect(acknowledged).toBeGreaterThan(500)
})

it('topics of --topics are made when missing, and records stay from start to start', async () => {
  const broker = await serve({ args: ['--topics', 'orders:3,logs'] })
  expect((await kafkajsDriver.admin?.list(broker.address))?.toSorted()).toEqual(['logs', 'orders'])
  expect((await topicOffsets(broker.address, 'orders')).length).toBe(3)
  const sent = sampleRecords(300, 3, kafkajsDriver.limits)
  await kafkajsDriver.produce(broker.address, 'orders', sent)
  await broker.stop()
  await broker.start()
  const { records } = await kafkajsDriver.readInGroup({ address: broker.address, topic: 'orders', group: 'again', count: 300 })
  expectSameRecords(records, sent)
})

it('without --data the folder is temporary, said so, and gone after the exit', async () => {
  const ready = mkdtempSync(join(tmpdir(), 'millrace-ready-'))
  folders.push(ready)
  const broker = new MillraceProcess({ args: ['--ready-file', join(ready, 'address')], hasDataFolder: false })
  started.push(broker)
  await broker.start()
  const line = await broker.process.line(/temporary/)
  const folder = /data in (\S+)/.exec(line)?.[1] ?? ''
  expect(existsSync(folder)).toBe(true)
  await expect.poll(() => existsSync(join(ready, 'address'))).toBe(true)
  expect(await broker.stop()).toBe(0)
  expect(existsSync(folder)).toBe(false)
})

it('a data folder that is a file is refused with its name, and stays as it was', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-file-'))
  folders.push(parent)
  const file = join(parent, 'not-a-folder')
  writeFileSync(file, 'mine')
  await expect(serve({ dataFolder: file })).rejects.toThrow(file)
})

it('an unknown command or option is refused with exit code 2', async () => {
  const ran = await runMillrace(['serve', '--listn', '127.0.0.1:0'], { codes: [2] })
  expect(ran.stderr).toContain('--listn')
})
