/** Partitions, groups and readers answer in and around transactions as Apache Kafka's do: one script of requests, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { testWith } from '../support/clients-tools.ts'
import { runTransactionScript } from '../support/clients-transaction-script.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

testWith('java', 'maven')('every answer to a script of transactional requests is the one Apache Kafka gives', async () => {
  const kafka = await KafkaPeer.start()
  const millrace = await MillraceProcess.start()
  try {
    const expected = await runTransactionScript(kafka.port)
    expect(await runTransactionScript(millrace.port)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
})
