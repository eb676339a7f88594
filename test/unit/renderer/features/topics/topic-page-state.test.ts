import { expect, test } from 'vitest'
import {
  growProblem,
  isLagLarge,
  keptInWords,
  readableConfig,
  skewOf,
  sortConfigs,
} from '../../../../../renderer/features/topics/topic-page-state.ts'

test('a config is shown as people read it', () => {
  const readable = (name: string, value: string | null): string => readableConfig({ name, value })
  expect(readable('retention.ms', '604800000')).toBe('7 d')
  expect(readable('retention.ms', '-1')).toBe('for ever')
  expect(readable('retention.bytes', '-1')).toBe('no limit')
  expect(readable('local.retention.ms', '-2')).toBe('as retention')
  expect(readable('segment.bytes', '1073741824')).toBe('1.07 GB')
  expect(readable('flush.messages', '9223372036854775807')).toBe('no limit')
  expect(readable('min.compaction.lag.ms', '0')).toBe('')
  expect(readable('cleanup.policy', 'delete')).toBe('')
  expect(readable('follower.replication.throttled.replicas', null)).toBe('')
})

test('what is set on the topic stands first', () => {
  const row = (name: string, source: 'topic' | 'default') => ({ name, value: '', source, isReadOnly: false })
  expect(sortConfigs([row('b', 'default'), row('z', 'topic'), row('a', 'default')]).map(config => config.name)).toEqual(['z', 'a', 'b'])
})

test('a partition with more than twice its share is named', () => {
  const partition = (index: number, count: bigint) => ({ partition: index, startOffset: 10n, endOffset: 10n + count })
  expect(skewOf([partition(0, 9000n), partition(1, 500n), partition(2, 500n)])).toEqual({ partition: 0, percent: 90 })
  expect(skewOf([partition(0, 4000n), partition(1, 3000n), partition(2, 3000n)])).toBeNull()
  expect(skewOf([partition(0, 90n), partition(1, 1n)])).toBeNull()
  expect(skewOf([partition(0, 9000n)])).toBeNull()
})

test('a lag is large when it is more than ten seconds of what comes in', () => {
  expect(isLagLarge({ worstLag: 9204n, inRecordsRate: 206 })).toBe(true)
  expect(isLagLarge({ worstLag: 9204n, inRecordsRate: 8450 })).toBe(false)
  expect(isLagLarge({ worstLag: null, inRecordsRate: 0 })).toBe(false)
})

test('what is kept is said in words', () => {
  expect(['delete 7 d', 'for ever', 'compact', 'compact, delete 7 d'].map(keptInWords)).toEqual([
    'kept 7 d',
    'kept for ever',
    'compacted',
    'compacted, kept 7 d',
  ])
})

test('partitions can be added, never removed', () => {
  expect(growProblem('8', 6)).toBeNull()
  expect(growProblem('6', 6)).toBe('It has 6 already.')
  expect(growProblem('3', 6)).toContain('never removed')
  expect(growProblem('many', 6)).toContain('whole number')
})
