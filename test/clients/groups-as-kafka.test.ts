/** Groups answer as Apache Kafka's do: scripts of requests, run against both. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { MIGRATION_CONFIGS, runGroupMigrationScript } from '../support/clients-group-migration-script.ts'
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

testWith('java', 'maven')('so is every answer while groups move between the classic and the consumer protocol', async () => {
  const kafka = await KafkaPeer.start({ properties: MIGRATION_CONFIGS })
  const millrace = await MillraceProcess.start({ args: Object.entries(MIGRATION_CONFIGS).flatMap(([name, value]) => ['--config', `${name}=${value}`]) })
  try {
    const expected = await runGroupMigrationScript(kafka.port)
    expect(await runGroupMigrationScript(millrace.port)).toEqual(expected)
  } finally {
    await Promise.all([kafka.dispose(), millrace.dispose()])
  }
})
