import { expect, test } from 'vitest'
import { resolveLogConfig, topicConfigProblem, topicConfigs } from '../../../core/broker/topic-config.ts'
import { defaultLogConfig } from '../../../core/log/log-config.ts'

test('without settings a topic has the defaults of Kafka 4.3', () => {
  expect(resolveLogConfig({})).toEqual(defaultLogConfig)
})

test('every default passes its own check', () => {
  expect(topicConfigs.filter(({ default: value, problem }) => problem(value) !== undefined)).toEqual([])
})

test('the names are in order and without twins', () => {
  const names = topicConfigs.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
})

test.each([
  [{ 'no.such.thing': '1' }, 'Unknown topic config name: no.such.thing'],
  [{ 'retention.ms': null }, 'Null value not supported for topic configs: retention.ms'],
  [{ 'retention.ms': '-2' }, 'Value must be at least -1'],
  [{ 'retention.ms': '1.5' }, 'Not a number of type LONG'],
  [{ 'segment.bytes': '1024' }, 'Value must be at least 1048576'],
  [{ 'segment.bytes': '2147483648' }, 'Not a number of type INT'],
  [{ 'cleanup.policy': 'shred' }, 'String must be one of: compact, delete'],
  [{ 'compression.type': 'rar' }, 'String must be one of'],
  [{ 'min.cleanable.dirty.ratio': '1.5' }, 'between 0 and 1'],
  [{ 'unclean.leader.election.enable': 'maybe' }, 'either true or false'],
])('%j is refused in words', (configs, words) => {
  expect(topicConfigProblem(configs)).toContain(words)
})

test('settings are resolved into the form a log holds', () => {
  const config = resolveLogConfig({ 'cleanup.policy': 'compact, delete', 'retention.ms': '-1', 'message.timestamp.type': 'LogAppendTime' })
  expect(config).toMatchObject({ cleanupPolicy: ['compact', 'delete'], retentionMs: -1, timestampType: 'LogAppendTime' })
  expect(Object.isFrozen(config)).toBe(true)
})
