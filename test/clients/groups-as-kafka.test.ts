/** Classic groups answer as Apache Kafka's do: one script of requests, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { runGroupScript } from '../support/clients-group-script.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

testWith('java', 'maven')('every answer to a script of group requests is the one Apache Kafka gives', async () => {
  const kafka = await KafkaPeer.start()
  const millrace = await MillraceProcess.start()
  try {
    const expected = await runGroupScript(kafka.port)
    expect(await runGroupScript(millrace.port)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
})
