/** Fetch sessions are as Apache Kafka's: one script of fetches, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { runFetchScript } from '../support/clients-fetch-script.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

testWith('java', 'maven')('every answer to a script of fetches in sessions is the one Apache Kafka gives', async () => {
  const kafka = await KafkaPeer.start()
  const millrace = await MillraceProcess.start()
  try {
    const expected = await runFetchScript(kafka.port)
    expect(await runFetchScript(millrace.port)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
})
