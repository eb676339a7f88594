/** Which segments retention takes, and what a log looks like after it. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { type LogAtRest, LogSweeps } from '../../../core/log/log-sweeps.ts'
import type { LogConfig } from '../../../core/log/log-config.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { expiredSegments, mayHaveExpired, type SegmentFacts } from '../../../core/log/retention.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { batch, filesOf, FOLDER, mustAppend, openLog, readAll, readOnce, record } from './fixture.ts'

const NOW = 1_000_000
const both: Pick<LogConfig, 'cleanupPolicy' | 'retentionMs' | 'retentionBytes'> = { cleanupPolicy: ['delete'], retentionMs: -1, retentionBytes: -1 }

/** Segments of ten records and 100 bytes each with these greatest timestamps; the last is active. */
function segmentsOf(...retainedFromMs: number[]): SegmentFacts[] {
  return retainedFromMs.map((timestamp, index) => ({ baseOffset: index * 10, sizeBytes: 100, retainedFromMs: timestamp }))
}

function expire(segments: readonly SegmentFacts[], config: Partial<typeof both>, startOffset = 0): [count: number, startOffset: number, reasons: string] {
  const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const expired = expiredSegments({ segments, sizeBytes, startOffset, endOffset: segments.length * 10, nowMs: NOW, config: { ...both, ...config } })
  return [expired.count, expired.startOffset, [...expired.reasons].join(' ')]
}

test('time takes the segments whose greatest timestamp is older than retention.ms, as long as all before them are', () => {
  const segments = segmentsOf(NOW - 500, NOW - 101, NOW - 100, NOW - 900)
  expect(expire(segments, { retentionMs: 100 })).toEqual([2, 20, 'time'])
  expect(expire(segments, { retentionMs: -1 })).toEqual([0, 0, ''])
})

test('a timestamp in the future keeps its segment and all later ones', () => {
  expect(expire(segmentsOf(NOW + 1, 0, 0), { retentionMs: 0 })).toEqual([0, 0, ''])
  expect(expire(segmentsOf(0, NOW + 1, 0), { retentionMs: 0 })).toEqual([1, 10, 'time'])
})

test('size takes the oldest while what stays holds at least retention.bytes', () => {
  const segments = segmentsOf(0, 0, 0, 0)
  expect(expire(segments, { retentionBytes: 400 })).toEqual([0, 0, ''])
  expect(expire(segments, { retentionBytes: 300 })).toEqual([1, 10, 'size'])
  expect(expire(segments, { retentionBytes: 299 })).toEqual([1, 10, 'size'])
  expect(expire(segments, { retentionBytes: 0 })).toEqual([4, 40, 'size'])
  expect(expire(segments, { retentionBytes: -1 })).toEqual([0, 0, ''])
})

test('what lies wholly below the start goes whatever the policy, and the other limits go on from there', () => {
  const segments = segmentsOf(NOW, NOW - 200, NOW)
  expect(expire(segments, { cleanupPolicy: ['compact'], retentionMs: 100, retentionBytes: 0 }, 10)).toEqual([1, 10, 'start'])
  expect(expire(segments, { cleanupPolicy: [], retentionMs: 0, retentionBytes: 0 }, 19)).toEqual([1, 19, 'start'])
  expect(expire(segments, { cleanupPolicy: ['compact', 'delete'], retentionMs: 100 }, 10)).toEqual([2, 20, 'start time'])
})

test('an empty active segment stays', () => {
  const segments = [...segmentsOf(0), { baseOffset: 10, sizeBytes: 0, retainedFromMs: 0 }]
  expect(expire(segments, { retentionMs: 0 })).toEqual([1, 10, 'time'])
})

/** As Kafka does it: three passes over what is left, by start, by size, by time (UnifiedLog.deleteOldSegments). */
function asKafka(segments: readonly SegmentFacts[], config: typeof both, startOffset: number): number {
  const endOffset = segments.length * 10
  let left = [...segments]
  const pass = (isDue: (segment: SegmentFacts, next: SegmentFacts | undefined) => boolean): void => {
    let count = 0
    while (count < left.length) {
      const [segment, next] = [left[count], left[count + 1]]
      if (!segment || !isDue(segment, next) || (!next && segment.sizeBytes === 0)) break
      count++
    }
    // Kafka rolls before it takes all: an empty segment stays.
    if (count === left.length && count > 0) left.push({ baseOffset: endOffset, sizeBytes: 0, retainedFromMs: NOW })
    left = left.slice(count)
  }
  pass((_, next) => next !== undefined && next.baseOffset <= startOffset)
  if (config.cleanupPolicy.includes('delete')) {
    const total = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    let diff = total - config.retentionBytes
    if (config.retentionBytes >= 0 && total >= config.retentionBytes) pass(({ sizeBytes }) => diff - sizeBytes >= 0 && ((diff -= sizeBytes), true))
    if (config.retentionMs >= 0) pass(({ retainedFromMs }) => NOW - retainedFromMs > config.retentionMs)
  }
  return segments.filter(segment => !left.includes(segment)).length
}

test('any log loses what Kafka would take of it', () => {
  const facts = fc.array(fc.record({ sizeBytes: fc.integer({ min: 1, max: 50 }), age: fc.integer({ min: -20, max: 200 }) }), { minLength: 1, maxLength: 8 })
  const config = fc.record({
    cleanupPolicy: fc.constantFrom<LogConfig['cleanupPolicy']>(['delete'], ['compact'], ['compact', 'delete'], []),
    retentionMs: fc.constantFrom(-1, 0, 50, 100),
    retentionBytes: fc.constantFrom(-1, 0, 30, 100),
  })
  fc.assert(fc.property(facts, config, fc.nat(80), fc.boolean(), (list, settings, start, isEmptyActive) => {
    const segments = list.map(({ sizeBytes, age }, index) => (
      { baseOffset: index * 10, sizeBytes: isEmptyActive && index === list.length - 1 ? 0 : sizeBytes, retainedFromMs: NOW - age }
    ))
    const startOffset = Math.min(start, segments.length * 10)
    const [count] = expire(segments, settings, startOffset)
    expect(count).toBe(asKafka(segments, settings, startOffset))
  }))
})

function sweepsOf(log: PartitionLog, clock: { now(): number }, saved: number[] = [], failing = { is: false }): LogSweeps {
  return new LogSweeps({
    clock: clock as never, logger: silentLogger, initialDelayMs: 30_000, everyMs: 300_000, logs: () => [log],
    saveStartOffsets: async () => {
      if (failing.is) throw new Error('the disk is full')
      saved.push(log.startOffset)
    },
  })
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** A log of segments with one batch of two records each. */
async function logOf(segmentCount: number, config: Partial<LogConfig> = {}) {
  const opened = await openLog({ config })
  for (let index = 0; index < segmentCount; index++) {
    if (index > 0) opened.log.roll()
    mustAppend(opened.log, batch([`${index}a`, `${index}b`]))
  }
  return opened
}

test('the first sweep comes after 30 seconds and the next every five minutes; the start moves, readers below it are told, and files follow later', async () => {
  const { log, clock, disk } = await logOf(3, { retentionMs: 60_000, fileDeleteDelayMs: 1000 })
  const saved: number[] = []
  const sweeps = sweepsOf(log, clock, saved)
  const changes: number[] = []
  log.onChange = ({ startOffset }) => changes.push(startOffset)
  clock.advance(30_000)
  await settled()
  expect(log.startOffset).toBe(0)
  clock.advance(300_000)
  await settled()
  expect([log.startOffset, log.endOffset, log.segmentCount, log.sizeBytes, changes, saved]).toEqual([6, 6, 1, 0, [0, 6], [6]]) // told of the roll, then of the start
  expect([readOnce(log, 5), readOnce(log, 6)]).toEqual(['OFFSET_OUT_OF_RANGE', []])
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.log'))).toEqual(['00000000000000000006.log'])
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.log.deleted')).length).toBe(3)
  clock.advance(1000)
  await settled()
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.deleted') || name.startsWith('00000000000000000000'))).toEqual([])
  expect(mustAppend(log, batch(['next'])).baseOffset).toBe(6)
  await sweeps.stop()
  await log.close()
  expect([clock.pendingCount, disk.openFiles]).toEqual([0, 0])
})

test('size and start: what stays is counted right, and snapshots below the start are gone', async () => {
  const { log, clock, disk } = await logOf(5, {})
  const sweeps = sweepsOf(log, clock)
  const each = batch(['0a', '0b']).length
  log.setConfig({ ...log.config, retentionBytes: 3 * each })
  await sweeps.sweep()
  expect([log.startOffset, log.segmentCount, log.sizeBytes]).toEqual([4, 3, 3 * each])
  log.trimTo(7)
  await sweeps.sweep()
  expect([log.startOffset, log.segmentCount, log.sizeBytes, readAll(log)]).toEqual([7, 2, 2 * each, ['3b', '4a', '4b']])
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.snapshot'))).toEqual(['00000000000000000006.snapshot', '00000000000000000008.snapshot'])
  await sweeps.stop()
  await log.close()
})

test('where starts cannot be written no segment goes, and the next sweep tries again', async () => {
  const { log, clock, disk } = await logOf(3, { retentionBytes: 0 })
  const failing = { is: true }
  const sweeps = sweepsOf(log, clock, [], failing)
  await sweeps.sweep()
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.deleted'))).toEqual([])
  expect(await sweeps.keepStarts([log])).toBeInstanceOf(Error)
  failing.is = false
  await sweeps.sweep()
  expect([log.segmentCount, log.startOffset]).toEqual([1, 6])
  await sweeps.stop()
  await log.close()
})

test('a segment whose file cannot be renamed stays, and goes with a later sweep', async () => {
  const { log, clock, disk } = await logOf(4, { retentionBytes: 0 })
  const sweeps = sweepsOf(log, clock)
  disk.fail({ call: 'rename', code: 'EIO', path: '02.log' })
  await sweeps.sweep()
  expect([log.segmentCount, log.startOffset]).toEqual([4, 8])
  disk.heal()
  await sweeps.sweep()
  expect(log.segmentCount).toBe(1)
  await sweeps.stop()
  await log.close()
})

test('records without a timestamp are kept from the time their segment was closed', async () => {
  const { log, clock } = await openLog({ config: { retentionMs: 1000 } })
  const sweeps = sweepsOf(log, clock)
  mustAppend(log, encodeBatch({ records: [record('a', { timestamp: -1 })] }))
  clock.advance(900)
  log.roll()
  clock.advance(900)
  await sweeps.sweep()
  expect(log.startOffset).toBe(0)
  clock.advance(101)
  await sweeps.sweep()
  expect(log.startOffset).toBe(1)
  await sweeps.stop()
  await log.close()
})

test('a look at closed segments loads no index', async () => {
  const first = await logOf(3)
  await first.log.close()
  const { log, disk, clock } = await openLog({ disk: first.disk, isClean: true, config: { retentionMs: 1 } })
  clock.advance(10)
  disk.fail({ call: 'read', code: 'EIO', path: '.index' })
  expect(log.expired(clock.now()).count).toBe(3)
  await log.abandon()
})

test('many segments go in turns, and a stop ends the work between two of them', async () => {
  const { log, clock } = await logOf(100, { retentionBytes: 0 })
  const sweeps = sweepsOf(log, clock)
  const sweeping = sweeps.sweep()
  await settled()
  expect(log.segmentCount).toBe(101 - 32)
  await sweeps.stop()
  await sweeping
  expect(log.segmentCount).toBe(101 - 32)
  await log.close()
  expect(clock.pendingCount).toBe(0)
})

test('leader epochs that ended below the start are forgotten, and stay forgotten', async () => {
  const first = await logOf(2)
  await first.log.close()
  first.disk.replaceNow(`${FOLDER}/leader-epoch-checkpoint`, Buffer.from('0\n2\n0 0\n3 2\n'))
  const { log, disk, clock } = await openLog({ disk: first.disk, isClean: true })
  expect([log.epochAt(1), log.epochAt(2), log.endOffsetForEpoch(0)]).toEqual([0, 3, { leaderEpoch: 0, endOffset: 2 }])
  log.trimTo(3)
  expect([log.epochAt(2), log.epochAt(3)]).toEqual([-1, 3])
  const sweeps = sweepsOf(log, clock)
  await sweeps.sweep()
  expect([log.startOffset, log.segmentCount]).toEqual([3, 1])
  await sweeps.stop()
  await log.close()
  const { log: again } = await openLog({ disk, isClean: true, startOffset: 3 })
  expect([again.epochAt(2), again.epochAt(3), again.leaderEpoch]).toEqual([-1, 3, 3])
  await again.close()
})

test('the leader epochs start where the log does', async () => {
  const { log, clock, disk } = await logOf(3, { retentionBytes: 0 })
  const sweeps = sweepsOf(log, clock)
  await sweeps.sweep()
  await sweeps.stop()
  await log.close()
  const { log: again } = await openLog({ disk, isClean: true, startOffset: 6 })
  expect(disk.readSmallNow(`${FOLDER}/leader-epoch-checkpoint`)?.toString()).toBe('0\n1\n0 6\n')
  expect([again.startOffset, again.endOffset, again.epochAt(6), again.epochAt(5)]).toEqual([6, 6, 0, -1])
  await again.close()
})

test('a log at rest is opened only when its oldest segment is out of time, or it is a whole segment too large', () => {
  const may = (facts: Partial<{ sizeBytes: number; retainedFromMs: number }>, config: Partial<LogConfig>): boolean =>
    mayHaveExpired({ sizeBytes: 1000, retainedFromMs: NOW - 500, ...facts }, { ...both, segmentBytes: 100, ...config }, NOW)
  expect([may({}, { retentionMs: 499 }), may({}, { retentionMs: 500 }), may({ sizeBytes: 0 }, { retentionMs: 0 })]).toEqual([true, false, false])
  expect([may({}, { retentionBytes: 900 }), may({}, { retentionBytes: 901 })]).toEqual([true, false])
  expect([may({}, { retentionMs: 0, cleanupPolicy: ['compact'] }), may({}, {})]).toEqual([false, false])
})

test('a sweep opens the logs at rest that have something to drop, and leaves the others at rest', async () => {
  const { log, clock } = await logOf(2, { retentionMs: 1000 })
  clock.advance(5000)
  const opened: string[] = []
  const atRest = (name: string, retainedFromMs: number, found: PartitionLog | undefined): LogAtRest => ({
    facts: { sizeBytes: 100, retainedFromMs },
    config: log.config,
    open: async () => {
      opened.push(name)
      return found
    },
  })
  const sweeps = new LogSweeps({
    clock, logger: silentLogger, initialDelayMs: 1e9, everyMs: 1e9, logs: () => [], saveStartOffsets: async () => {},
    atRest: () => [atRest('young', clock.now(), undefined), atRest('broken', 0, undefined), atRest('old', 0, log)],
  })
  await sweeps.sweep()
  expect([opened, log.startOffset]).toEqual([['broken', 'old'], 4])
  await sweeps.stop()
  await log.close()
})
