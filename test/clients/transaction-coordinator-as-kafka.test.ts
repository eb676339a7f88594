/** The transaction coordinator answers, and stores, as Apache Kafka's: one script of requests, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { quickSweeps, runCoordinatorScript } from '../support/clients-coordinator-script.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

testWith('java', 'maven').each([2, 1])('with transaction.version %i every answer to a script of transaction requests is the one Apache Kafka gives, and so is every record of __transaction_state', async version => {
  const kafka = await KafkaPeer.start({ properties: quickSweeps })
  const millrace = await MillraceProcess.start({ args: Object.entries(quickSweeps).flatMap(([name, value]) => ['--config', `${name}=${value}`]) })
  try {
    const expected = await runCoordinatorScript(kafka.port, version)
    expect(await runCoordinatorScript(millrace.port, version)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
}, 180_000)
