/** Transactions that Apache Kafka wrote are imported and served as Kafka serves them, and our files of them say what Kafka's say. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { MillraceProcess, runMillrace } from '../support/broker-process.ts'
import { runJavaClient } from '../support/clients-java.ts'
import { createTopic } from '../support/clients-kafkajs.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpLogSegments, kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const foreign = mkdtempSync(join(tmpdir(), 'millrace-foreign-'))
const COMPLAINTS = /isvalid: false|mismatch|corrupt|exception|error|invalid/i
let kafka: KafkaPeer | undefined
let millrace: MillraceProcess | undefined

afterAll(async () => {
  await kafka?.dispose()
  await millrace?.dispose()
  rmSync(foreign, { recursive: true, force: true })
})

function filesIn(folder: string, suffix: string): string[] {
  return readdirSync(folder).filter(name => name.endsWith(suffix)).sort()
}

/** The lines of the newest snapshot in a folder, without their order, which is that of a hash table. */
async function dumpSnapshot(folder: string): Promise<string[]> {
  const [newest = ''] = filesIn(folder, '.snapshot').slice(-1)
  const { lines, complaints } = await dumpLogSegments([join(folder, newest)])
  expect([complaints, lines.filter(line => COMPLAINTS.test(line))]).toEqual(['', []])
  return [newest, ...lines.filter(line => line.startsWith('producerId:')).sort()]
}

it('committed, aborted and open transactions of Apache Kafka 4.3.1 are read as from Kafka, and the files rebuilt of them are its own', async () => {
  kafka = await KafkaPeer.start()
  await createTopic(kafka.address, 'ledger', 2, { 'segment.bytes': '1048576' })
  await runJavaClient(kafka.address, 'transact', 'ledger')
  const fromKafka = await runJavaClient(kafka.address, 'committed', 'ledger')
  await kafka.stop()
  cpSync(join(kafka.dataFolder, 'logs'), foreign, { recursive: true })

  const values = (partition: number): string[] => fromKafka.filter(line => line.startsWith(`${partition} `)).map(line => line.split(' ')[2] ?? '')
  expect(values(0).length).toBe(40 * 40 + 4)
  expect(values(0).every(value => value.startsWith('kept'))).toBe(true)
  expect(values(1).filter(value => !value.startsWith('kept'))).toEqual(['behind-0', 'behind-1'])

  millrace = new MillraceProcess()
  await runMillrace(['import', foreign, '--data', millrace.dataFolder])
  await millrace.start()
  expect((await runJavaClient(millrace.address, 'committed', 'ledger')).sort()).toEqual(fromKafka.toSorted())
  await millrace.stop()

  for (const partition of [0, 1]) {
    const [theirs, ours] = [join(foreign, `ledger-${partition}`), millrace.partitionFolder('ledger', partition)]
    const indexes = filesIn(theirs, '.txnindex')
    expect(indexes.length).toBeGreaterThan(1)
    expect(filesIn(ours, '.txnindex')).toEqual(indexes)
    for (const name of indexes) expect(readFileSync(join(ours, name)).toString('hex')).toBe(readFileSync(join(theirs, name)).toString('hex'))
    const { lines, complaints } = await dumpLogSegments(indexes.map(name => join(ours, name)))
    expect([complaints, lines.filter(line => COMPLAINTS.test(line))]).toEqual(['', []])
    expect(lines.filter(line => /^version: 0 producerId: \d+ firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/.test(line)).length).toBe(21)
    expect(await dumpSnapshot(ours)).toEqual(await dumpSnapshot(theirs))
  }
})
