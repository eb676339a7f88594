/** Broker configs given as text. */

import { expect, test } from 'vitest'
import { parseBrokerSettings } from '../../../core/broker/broker-settings.ts'

test('configs of the broker and defaults of topics are told apart, all are kept as text, and the last of a name counts', () => {
  const settings = { 'num.partitions': '3', 'auto.create.topics.enable': 'FALSE', 'log.retention.ms': '-1', 'compression.type': 'zstd', 'log.retention.hours': '2' }
  expect(parseBrokerSettings([...Object.entries(settings).map(pair => pair.join('=')), 'log.retention.hours=3'])).toEqual({
    config: { numPartitions: 3, autoCreateTopics: false, topicDefaults: { 'retention.ms': '-1', 'compression.type': 'zstd' }, settings: { ...settings, 'log.retention.hours': '3' } },
  })
  expect(parseBrokerSettings([])).toEqual({ config: { topicDefaults: {}, settings: {} } })
})

test.each([
  ['nonsense', 'there is no broker config nonsense that can be set here'],
  ['zookeeper.connect=x', 'there is no broker config zookeeper.connect that can be set here'],
  ['num.network.threads=5', 'there is no broker config num.network.threads that can be set here'],
  ['num.partitions=0', 'Invalid value 0 for configuration num.partitions: Value must be at least 1'],
  ['delete.topic.enable=yes', 'Invalid value yes for configuration delete.topic.enable: Expected value to be either true or false'],
  ['log.segment.bytes=10', 'Invalid value 10 for configuration log.segment.bytes: Value must be at least 1048576'],
])('%s is refused: %s', (pair, problem) => {
  expect(parseBrokerSettings([pair])).toEqual({ problem: `${pair}: ${problem}` })
})

test.each([
  [['group.consumer.session.timeout.ms=6000'], 'group.consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms'],
  [['group.consumer.min.session.timeout.ms=4000', 'group.consumer.session.timeout.ms=4500'], 'group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms'],
  [['max.connections.per.ip=0'], 'requirement failed: max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.'],
])('%j do not go together: %s', (pairs, problem) => {
  expect(parseBrokerSettings(pairs)).toEqual({ problem })
})

test('short sessions of consumer groups are taken with the bounds they need', () => {
  const pairs = ['group.consumer.min.session.timeout.ms=1000', 'group.consumer.session.timeout.ms=6000']
  expect(parseBrokerSettings(pairs)).not.toHaveProperty('problem')
})

test('defaults of topics that do not go together are refused', () => {
  expect(parseBrokerSettings(['log.cleaner.min.compaction.lag.ms=10', 'log.cleaner.max.compaction.lag.ms=5']))
    .toEqual({ problem: 'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)' })
})
