/** The transaction coordinator answers, and stores, as Apache Kafka's: one script of requests, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { runCoordinatorScript } from '../support/clients-coordinator-script.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

testWith('java', 'maven')('every answer to a script of transaction requests is the one Apache Kafka gives, and so is every record of __transaction_state', async () => {
  const kafka = await KafkaPeer.start()
  const millrace = await MillraceProcess.start()
  try {
    const expected = await runCoordinatorScript(kafka.port)
    expect(await runCoordinatorScript(millrace.port)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
}, 180_000)
