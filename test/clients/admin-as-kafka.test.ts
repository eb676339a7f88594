/** Requests of administrators are answered as by Apache Kafka 4.3.1: one script of them, run against both, but for what is listed here. */

import { expect } from 'vitest'
import { differencesOf, judge, type Accepted } from '../differential/compare.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { runAdminScript } from '../support/clients-admin-script.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const accepted: readonly Accepted[] = [
  { step: /^(rate|percentage|mutations|connections) NaN /, why: 'Kafka takes a quota that is no number, which no rate can be held to; here it is not above 0' },
  { step: /^an empty password /, why: 'Kafka fails on an empty salted password with UNKNOWN_SERVER_ERROR; here the credential is unacceptable, and says why' },
  {
    step: /^an empty name \(DescribeTopicPartitions/,
    when: ({ path }) => path.startsWith('topics.'),
    why: 'Kafka fails as a whole on a topic without a name (an exception on its way to the allowed operations); here it is one illegal name beside others',
  },
  {
    step: /^from far beyond \(DescribeTopicPartitions/,
    why: 'Kafka adds the limit to a cursor near 2^31 and answers a negative one; here the topic has no partitions from there, and the next topics follow',
  },
  { step: /^(share|streams|kraft|eligible\.leader\.replicas)\.version to /, why: 'features whose part is not here are not supported' },
  {
    step: /^features .*\(ApiVersions/,
    path: /^(supported|finalized)\.(share|streams|kraft|eligible\.leader\.replicas)\.version$/,
    when: ({ millrace }) => millrace === undefined,
    why: 'features whose part is not here are not told',
  },
  { step: /^the quorum \(DescribeQuorum v2/, path: /^nodes\.0\.listeners\.0\.name$/, why: 'there is no listener for controllers: the quorum is reached where its clients are' },
]

const it = await testWithMade(kafkaClassPath, 'java', 'maven')

it('what administrators ask is answered as by Apache Kafka 4.3.1', async () => {
  const kafka = await KafkaPeer.start()
  const expected = await runAdminScript(kafka.port).finally(() => kafka.dispose())
  const millrace = await MillraceProcess.start()
  const found = await runAdminScript(millrace.port).finally(() => millrace.dispose())
  const { open, unused } = judge(differencesOf(expected, found), accepted)
  expect(open.slice(0, 20)).toEqual([])
  expect(unused.map(({ why }) => why)).toEqual([])
  expect(found.length).toBeGreaterThan(500)
})
