/** Transactions in a log: what is stable, who may write, what was aborted, also over restarts (KIP-98, KIP-890). */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Appended, PartitionLog } from '../../../core/log/partition-log.ts'
import { encodeMarker, readMarker } from '../../../core/records/control-record.ts'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { batch, filesOf, FOLDER, type LogFixture, mustAppend, openLog, START_MS } from './fixture.ts'

type Producer = { readonly id: number; epoch: number; sequence: number }

const producer = (id = 7, epoch = 0): Producer => ({ id, epoch, sequence: 0 })

/** One transactional batch, or one outside of any transaction, as a client sends it. */
function send(log: PartitionLog, from: Producer, values: readonly string[], isTransactional = true): Appended {
  const appended = log.append(batch(values, { producerId: from.id, producerEpoch: from.epoch, baseSequence: from.sequence, isTransactional }))
  if (appended.error === 'NONE' && !appended.isDuplicate) from.sequence += values.length
  return appended
}

function end(log: PartitionLog, of: { readonly id: number; readonly epoch: number }, how: 'commit' | 'abort', o: { coordinatorEpoch?: number; transactionVersion?: number } = {}): Appended {
  const { coordinatorEpoch = 0, transactionVersion = 0 } = o
  const marker = encodeMarker({ producerId: of.id, producerEpoch: of.epoch, coordinatorEpoch, isAbort: how === 'abort', timestamp: START_MS })
  return log.append(marker, { origin: 'coordinator', transactionVersion })
}

/** As the clients do it: all up to the last stable offset, without what the answer names as aborted. */
function readCommitted(log: PartitionLog): string[] {
  const values: string[] = []
  for (let at = log.startOffset; at < log.lastStableOffset;) {
    const read = log.read({ offset: at, maxBytes: 300, minOneBatch: true, upTo: log.lastStableOffset })
    if (read.error !== 'NONE' || read.nextOffset <= at) throw new Error(`no progress at ${at}: ${read.error}`)
    const ahead = [...log.abortedTransactions(at, read.nextOffset)].sort((a, b) => a.firstOffset - b.firstOffset)
    const aborted = new Set<number>()
    for (const each of read.buffers.flatMap(bytes => [...batchesOf(Buffer.from(bytes))].map(found => ({ ...found, bytes })))) {
      while (ahead[0] && ahead[0].firstOffset <= each.lastOffset) aborted.add(ahead.shift()?.producerId ?? -1)
      if (each.isControl) aborted.delete(each.producerId)
      else if (!each.isTransactional || !aborted.has(each.producerId)) values.push(...[...each.records()].map(({ value }) => String(value)))
    }
    read.release()
    at = read.nextOffset
  }
  return values
}

const aborts = (log: PartitionLog): number[][] => log.abortedTransactions(0, Infinity).map(found => [found.producerId, found.firstOffset, found.lastOffset, found.lastStableOffset])

test('an open transaction holds the last stable offset back, and its marker lets it go on', async () => {
  const { log } = await openLog()
  const a = producer(1)
  const b = producer(2)
  mustAppend(log, batch(['before']))
  send(log, a, ['a1', 'a2'])
  send(log, b, ['b1'])
  mustAppend(log, batch(['plain']))
  send(log, a, ['a3'])
  expect([log.lastStableOffset, log.highWatermark, readCommitted(log)]).toEqual([1, 6, ['before']])
  end(log, a, 'commit')
  expect([log.lastStableOffset, readCommitted(log)]).toEqual([3, ['before', 'a1', 'a2']])
  end(log, b, 'abort')
  expect([log.lastStableOffset, log.endOffset]).toEqual([8, 8])
  expect(readCommitted(log)).toEqual(['before', 'a1', 'a2', 'plain', 'a3'])
  expect(aborts(log)).toEqual([[2, 3, 7, 8]])
})

test('an abort is indexed with the last stable offset of its time, and a transaction without records here is not', async () => {
  const { log, disk } = await openLog()
  const a = producer(1)
  const b = producer(2)
  send(log, a, ['a'])
  send(log, b, ['b'])
  end(log, b, 'abort')
  end(log, producer(3), 'abort')
  end(log, a, 'commit')
  expect(aborts(log)).toEqual([[2, 1, 2, 0]])
  expect(filesOf(disk)['00000000000000000000.txnindex']).toBe(34)
  expect(log.lastStableOffset).toBe(log.endOffset)
})

test('while a transaction is open its producer writes nothing outside it; once it ended it may', async () => {
  const { log } = await openLog()
  const a = producer()
  send(log, a, ['in'])
  expect(send(log, a, ['out'], false).error).toBe('INVALID_TXN_STATE')
  end(log, a, 'commit')
  expect(send(log, a, ['out'], false).error).toBe('NONE')
  expect(log.lastStableOffset).toBe(log.endOffset)
})

test('a marker of the same epoch keeps the sequences, one of a higher epoch begins them anew and fences the old epoch', async () => {
  const { log } = await openLog()
  const a = producer()
  send(log, a, ['0', '1'])
  end(log, a, 'commit')
  expect(send(log, a, ['2']).error).toBe('NONE')
  end(log, { id: 7, epoch: 1 }, 'abort', { transactionVersion: 2 })
  expect(aborts(log)).toEqual([[7, 3, 4, 5]])
  expect(send(log, a, ['3']).error).toBe('INVALID_PRODUCER_EPOCH')
  a.epoch = 1
  expect(send(log, a, ['3']).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  a.sequence = 0
  expect(send(log, a, ['again']).error).toBe('NONE')
})

test('a marker of an older producer epoch or of an older coordinator is refused and stores nothing', async () => {
  const { log } = await openLog()
  const a = producer(7, 5)
  send(log, a, ['a'])
  expect(end(log, { id: 7, epoch: 4 }, 'abort').error).toBe('INVALID_PRODUCER_EPOCH')
  expect(end(log, a, 'commit', { coordinatorEpoch: 3 }).error).toBe('NONE')
  send(log, a, ['b'])
  expect(end(log, a, 'abort', { coordinatorEpoch: 2 }).error).toBe('TRANSACTION_COORDINATOR_FENCED')
  expect([log.endOffset, log.lastStableOffset]).toEqual([3, 2])
  expect(end(log, a, 'abort', { coordinatorEpoch: 3 }).error).toBe('NONE')
})

test('under transaction version 2 a marker brings a new epoch; the same one again is a repeat, unless a transaction is open', async () => {
  const { log } = await openLog()
  const a = producer(7, 0)
  send(log, a, ['a'])
  expect(end(log, { id: 7, epoch: 0 }, 'commit', { transactionVersion: 2 }).error).toBe('INVALID_PRODUCER_EPOCH')
  expect(end(log, { id: 7, epoch: 1 }, 'commit', { transactionVersion: 2 }).error).toBe('NONE')
  expect(end(log, { id: 7, epoch: 1 }, 'commit', { transactionVersion: 2 }).error).toBe('NONE')
  send(log, Object.assign(a, { epoch: 1, sequence: 0 }), ['b'])
  expect(end(log, { id: 7, epoch: 1 }, 'commit', { transactionVersion: 2 }).error).toBe('INVALID_PRODUCER_EPOCH')
  expect([log.endOffset, log.lastStableOffset]).toEqual([4, 3])
})

test('a coordinator may append records of a producer in a transaction, without sequences', async () => {
  const { log } = await openLog()
  const offsets = (isTransactional: boolean): Appended =>
    log.append(batch(['offset'], { producerId: 7, producerEpoch: 2, isTransactional }), { origin: 'coordinator' })
  expect([offsets(true).error, offsets(true).error, offsets(false).error]).toEqual(['NONE', 'NONE', 'INVALID_TXN_STATE'])
  expect(log.lastStableOffset).toBe(0)
  expect(log.append(batch(['late'], { producerId: 7, producerEpoch: 1, isTransactional: true }), { origin: 'coordinator' }).error).toBe('INVALID_PRODUCER_EPOCH')
  expect(end(log, { id: 7, epoch: 2 }, 'commit').error).toBe('NONE')
  expect([...log.producers()]).toMatchObject([{ producerId: 7, epoch: 2, batches: [{ lastSequence: -1, lastOffset: 0 }, { lastSequence: -1, lastOffset: 1 }] }])
})

test('a control batch that holds no marker is refused', async () => {
  const { log } = await openLog()
  expect(log.append(batch(['?'], { isControl: true, producerId: 7, producerEpoch: 0 }), { origin: 'coordinator' }).error).toBe('INVALID_RECORD')
})

test('a topic that recompresses, or stamps records itself, leaves markers readable', async () => {
  const { log } = await openLog({ config: { compressionType: 'gzip', timestampType: 'LogAppendTime' } })
  const a = producer()
  send(log, a, ['a'])
  end(log, a, 'abort')
  const read = log.read({ offset: 1, maxBytes: 1000, minOneBatch: true })
  if (read.error !== 'NONE') throw new Error(read.error)
  const [bytes = Buffer.alloc(0)] = read.buffers
  expect([...batchesOf(bytes)]).toMatchObject([{ codecId: 0, isControl: true, timestampType: 'LogAppendTime' }])
  expect(readMarker(bytes, 0)).toEqual({ isAbort: true, coordinatorEpoch: 0 })
  read.release()
})

test('what DescribeProducers tells: epoch, last sequence and time, coordinator epoch, where the open transaction began', async () => {
  const { log } = await openLog()
  const a = producer(7, 2)
  send(log, a, ['a', 'b'])
  end(log, a, 'commit', { coordinatorEpoch: 9 })
  send(log, a, ['c'])
  const batches = [{ lastSequence: 1, lastOffset: 1, offsetDelta: 1, timestamp: START_MS }, { lastSequence: 2, lastOffset: 3, offsetDelta: 0, timestamp: START_MS }]
  expect([...log.producers()]).toEqual([{ producerId: 7, epoch: 2, coordinatorEpoch: 9, lastTimestamp: START_MS, currentTxnFirstOffset: 3, batches }])
})

test('a producer with an open transaction is never forgotten', async () => {
  const { log, clock } = await openLog()
  const a = producer()
  send(log, a, ['a'])
  log.expireProducers(clock.now() + 10 * 86_400_000)
  expect([...log.producers()].length).toBe(1)
  end(log, a, 'abort')
  log.expireProducers(clock.now() + 10 * 86_400_000)
  expect([...log.producers()].length).toBe(0)
})

test('an open transaction is open after a clean start, and its marker can come then', async () => {
  const first = await openLog({ config: { segmentBytes: 300 } })
  const a = producer()
  for (let index = 0; index < 8; index++) send(first.log, a, [`${index}`])
  await first.log.close()
  const { log } = await openLog({ disk: first.disk, isClean: true })
  expect([log.lastStableOffset, readCommitted(log)]).toEqual([0, []])
  end(log, a, 'abort')
  expect([aborts(log), log.lastStableOffset, readCommitted(log)]).toEqual([[[7, 0, 8, 9]], 9, []])
})

test('where the start of the log was moved into an open transaction, the last stable offset is not before it', async () => {
  const { log } = await openLog()
  send(log, producer(), ['a', 'b', 'c'])
  log.trimTo(2)
  expect([log.startOffset, log.lastStableOffset]).toEqual([2, 2])
})

/** Aborts, one across segments, then everything but the logs themselves is lost or damaged. */
async function withAborts(): Promise<LogFixture & { readonly expected: number[][]; readonly values: string[] }> {
  const fixture = await openLog({ config: { segmentBytes: 300 } })
  const { log } = fixture
  const [long, short] = [producer(1), producer(2)]
  send(log, long, ['long'])
  for (let index = 0; index < 12; index++) {
    send(log, short, [`${index}`])
    end(log, short, index % 3 === 0 ? 'abort' : 'commit')
  }
  end(log, long, 'abort')
  send(log, short, ['open'])
  return { ...fixture, expected: aborts(log), values: readCommitted(log) }
}

test.each(['.txnindex', 'index', '.snapshot'])('files that end in %s can be deleted by hand, together with the offset indexes, and are rebuilt', async suffix => {
  const { log, disk, expected, values } = await withAborts()
  await log.close()
  expect(disk.paths.filter(path => path.endsWith('.txnindex')).length).toBeGreaterThan(2)
  for (const path of disk.paths) if (path.startsWith(FOLDER) && (path.endsWith(suffix) || path.endsWith('index'))) disk.removeNow(path)
  const again = await openLog({ disk, isClean: true })
  expect([aborts(again.log), readCommitted(again.log)]).toEqual([expected, values])
})

test('a damaged transaction index is rebuilt', async () => {
  const { log, disk, expected } = await withAborts()
  await log.close()
  for (const path of disk.paths.filter(path => path.endsWith('.txnindex'))) disk.replaceNow(path, (disk.readSmallNow(path) ?? Buffer.alloc(0)).subarray(1))
  expect(aborts((await openLog({ disk, isClean: true })).log)).toEqual(expected)
})

test('an abort whose index could not be written is written before the next append, which is refused till then', async () => {
  const { log, disk } = await openLog()
  const a = producer()
  send(log, a, ['a'])
  disk.fail({ call: 'write', code: 'ENOSPC', path: '.txnindex' })
  expect(end(log, a, 'abort').error).toBe('NONE')
  expect(aborts(log)).toEqual([[7, 0, 1, 2]])
  expect(log.append(batch(['b'])).error).toBe('KAFKA_STORAGE_ERROR')
  disk.heal()
  expect(log.append(batch(['b'])).error).toBe('NONE')
  disk.crash('process')
  const again = await openLog({ disk, recoveryPoint: 2 })
  expect(aborts(again.log)).toEqual([[7, 0, 1, 2]])
})

test('a read tells of the aborted transactions in it when asked, also a cold one under which the segments become others', async () => {
  const { log: before, disk } = await openLog()
  const a = producer()
  send(before, a, ['a'])
  end(before, a, 'abort')
  send(before, a, ['b'])
  end(before, a, 'commit')
  await before.close()
  const { log } = await openLog({ disk, isClean: true })
  const request = { offset: 0, maxBytes: 1000, minOneBatch: true, withAborted: true }
  const cold = log.reader.readCold(request)
  log.roll()
  const expected = { error: 'NONE', nextOffset: 4, aborted: [{ producerId: 7, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 }] }
  for (const read of [await cold, log.read(request)]) {
    expect(read).toMatchObject(expected)
    if (read.error === 'NONE') read.release()
  }
  expect(log.read({ ...request, withAborted: false })).toMatchObject({ aborted: null })
  expect(log.read({ ...request, offset: 4 })).toMatchObject({ byteCount: 0, aborted: [] })
})

const steps = fc.array(
  fc.record({ who: fc.nat(3), does: fc.constantFrom('send', 'send', 'send', 'commit', 'abort', 'bump', 'plain', 'crash', 'restart'), count: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 40 },
)

test('whatever producers, coordinators and crashes do, last stable offset, aborts and committed records are those of a simple model', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async history => {
      const config = { segmentBytes: 400, indexIntervalBytes: 100 }
      const { disk, ...first } = await openLog({ config })
      let { log } = first
      const producers = [0, 1, 2, 3].map(id => producer(id))
      const open = new Map<number, number>()
      const fates: { value: string; producerId: number; firstOffset: number }[] = []
      const aborted: number[][] = []
      let stableBefore = 0
      for (const [step, { who, does, count }] of history.entries()) {
        const one = producers[who] ?? producer()
        const offset = log.endOffset
        const values = Array.from({ length: count }, (_, at) => `${step}.${at}`)
        if (does === 'send') {
          expect(send(log, one, values).error).toBe('NONE')
          const firstOffset = open.get(who) ?? offset
          open.set(who, firstOffset)
          fates.push(...values.map(value => ({ value, producerId: who, firstOffset })))
        } else if (does === 'plain') {
          mustAppend(log, batch(values))
          fates.push(...values.map(value => ({ value, producerId: -1, firstOffset: -1 })))
        } else if (does === 'crash' || does === 'restart') {
          const { recoveryPoint } = log
          if (does === 'restart') await log.close()
          else disk.crash('process')
          log = (await openLog({ disk, config, isClean: does === 'restart', recoveryPoint })).log
        } else {
          if (does === 'bump') Object.assign(one, { epoch: one.epoch + 1, sequence: 0 })
          expect(end(log, one, does === 'commit' ? 'commit' : 'abort').error).toBe('NONE')
          const firstOffset = open.get(who)
          open.delete(who)
          if (firstOffset !== undefined && does !== 'commit') aborted.push([who, firstOffset, offset, Math.min(offset + 1, ...open.values())])
        }
        const stable = Math.min(log.endOffset, ...open.values())
        expect([log.lastStableOffset, aborts(log)]).toEqual([stable, aborted])
        expect(stable).toBeGreaterThanOrEqual(stableBefore)
        stableBefore = stable
      }
      for (const [who] of open) end(log, producers[who] ?? producer(), 'abort')
      const dropped = new Set([...aborted, ...open].map(([producerId, firstOffset]) => `${producerId} ${firstOffset}`))
      expect(readCommitted(log)).toEqual(fates.filter(({ producerId, firstOffset }) => !dropped.has(`${producerId} ${firstOffset}`)).map(({ value }) => value))
      await log.close()
    }),
    { numRuns: 60 },
  )
})
