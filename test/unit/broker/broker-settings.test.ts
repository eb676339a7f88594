/** Broker configs given as text. */

import { expect, test } from 'vitest'
import { parseBrokerSettings } from '../../../core/broker/broker-settings.ts'

test('configs of the broker and defaults of topics are told apart, and the last of a name counts', () => {
  expect(parseBrokerSettings(['num.partitions=3', 'auto.create.topics.enable=FALSE', 'log.retention.ms=1000', 'log.retention.ms=-1', 'compression.type=zstd'])).toEqual({
    config: { numPartitions: 3, autoCreateTopics: false, topicDefaults: { 'retention.ms': '-1', 'compression.type': 'zstd' } },
  })
  expect(parseBrokerSettings([])).toEqual({ config: { topicDefaults: {} } })
})

test.each([
  ['nonsense', 'there is no broker config nonsense that can be set here'],
  ['zookeeper.connect=x', 'there is no broker config zookeeper.connect that can be set here'],
  ['num.partitions=0', 'expected a whole number from 1 on'],
  ['delete.topic.enable=yes', 'expected true or false'],
  ['log.segment.bytes=10', 'Invalid value 10 for configuration segment.bytes: Value must be at least 1048576'],
])('%s is refused: %s', (pair, problem) => {
  expect(parseBrokerSettings([pair])).toEqual({ problem: `${pair}: ${problem}` })
})
