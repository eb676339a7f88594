/** Random logs against a plain model of what a compaction must leave. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Codec } from '../../../../core/records/compression.ts'
import { encodeMarker } from '../../../../core/records/control-record.ts'
import type { PartitionLog } from '../../../../core/log/partition-log.ts'
import { mustAppend, openLog } from '../fixture.ts'
import { batchesIn, cleanerOf, compacting, contentOf, HOUR_MS, pairs } from './fixture.ts'

type Entry = { readonly offset: number; readonly key: string; readonly value: string | null; producer: number; state: 'plain' | 'open' | 'committed' | 'aborted' }

/** What was written, and what is decided of it. */
class Model {
  readonly entries: Entry[] = []
  readonly sequences = [0, 0, 0, 0]
  readonly isOpen = [false, false, false, false]

  end(producer: number, isAbort: boolean): void {
    for (const entry of this.entries) if (entry.producer === producer && entry.state === 'open') entry.state = isAbort ? 'aborted' : 'committed'
    this.isOpen[producer] = false
  }

  /** The value a reader of committed records ends up with for each key: none for a tombstone. */
  latest(upTo = Infinity): Map<string, string> {
    const values = new Map<string, string>()
    for (const { key, value, state, offset } of this.entries) {
      if (state === 'aborted' || state === 'open' || offset >= upTo) continue
      if (value === null) values.delete(key)
      else values.set(key, value)
    }
    return values
  }
}

const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('append' as const), keys: fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.boolean()), { minLength: 1, maxLength: 5 }), codec: fc.constantFrom<Codec>('none', 'none', 'gzip', 'lz4'), producer: fc.integer({ min: -1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), producer: fc.integer({ min: 2, max: 3 }), isAbort: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clean' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.4, 1.1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), isClean: fc.boolean() }) },
)

/** Producers 2 and 3 are transactional, 0 and 1 idempotent, -1 neither. */
function append(log: PartitionLog, model: Model, o: { keys: readonly (readonly [number, boolean])[]; codec: Codec; producer: number; serial: number; now: number }): void {
  const list = o.keys.map(([key, isTombstone], index) => [`key ${key}`, isTombstone ? null : `v${o.serial}.${index}`] as const)
  const isTransactional = o.producer >= 2
  const sequence = model.sequences[o.producer] ?? 0
  const identity = o.producer < 0 ? {} : { producerId: o.producer, producerEpoch: 0, baseSequence: sequence, isTransactional }
  const { baseOffset } = mustAppend(log, pairs(list, { ...identity, codec: o.codec, timestamp: o.now }))
  if (o.producer >= 0) model.sequences[o.producer] = sequence + list.length
  if (isTransactional) model.isOpen[o.producer] = true
  for (const [index, [key, value]] of list.entries()) {
    model.entries.push({ offset: baseOffset + index, key, value, producer: o.producer, state: isTransactional ? 'open' : 'plain' })
  }
}

/** The log as a reader of committed records sees it, and whether each of its records is one that was written, at its offset. */
function committedValues(log: PartitionLog, model: Model, upTo: number): Map<string, string> {
  const aborted = log.abortedTransactions(0, log.endOffset)
  const values = new Map<string, string>()
  let nextOffset = 0
  for (const batch of batchesIn(log)) {
    expect(batch.baseOffset).toBeGreaterThanOrEqual(nextOffset)
    nextOffset = batch.lastOffset + 1
    if (batch.isControl) continue
    for (const { offset, key, value } of batch.records()) {
      const entry = model.entries.find(each => each.offset === offset)
      expect([entry?.key, entry?.value ?? 'null']).toEqual([String(key), value === null ? 'null' : String(value)])
      const isAborted = batch.isTransactional && aborted.some(each => each.producerId === batch.producerId && each.firstOffset <= offset && offset < each.lastOffset)
      expect(isAborted).toBe(entry?.state === 'aborted')
      if (isAborted || entry?.state === 'open' || offset >= upTo) continue
      if (value === null) values.delete(String(key))
      else values.set(String(key), String(value))
    }
  }
  expect(nextOffset).toBe(log.endOffset)
  return values
}

test('whatever was written, compacted and restarted, the last value of each key is there, at its offset, and of each producer its sequence', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.integer({ min: 200, max: 1500 }), async (steps, segmentBytes) => {
    const config = { ...compacting, segmentBytes, deleteRetentionMs: HOUR_MS }
    const first = await openLog({ config })
    const { disk, clock } = first
    // Now and then there is room for a few keys only, and a log is compacted part by part.
    const settings = segmentBytes % 3 === 0 ? { mapBytes: 24 * 9 } : {}
    let fixture = cleanerOf(first, { settings })
    const model = new Model()
    for (const [serial, each] of steps.entries()) {
      const { log } = fixture
      if (each.do === 'append') append(log, model, { ...each, serial, now: clock.now() })
      else if (each.do === 'end' && model.isOpen[each.producer]) {
        log.append(encodeMarker({ producerId: each.producer, producerEpoch: 0, isAbort: each.isAbort, coordinatorEpoch: 0, timestamp: clock.now() }), { origin: 'coordinator' })
        model.end(each.producer, each.isAbort)
      } else if (each.do === 'wait') clock.advance(each.hours * HOUR_MS)
      else if (each.do === 'restart') {
        if (each.isClean) await log.close()
        else await log.flush()
        if (!each.isClean) disk.crash('process')
        fixture = cleanerOf(await openLog({ disk, clock, config, isClean: each.isClean, recoveryPoint: log.recoveryPoint }), { settings })
      } else if (each.do === 'clean') {
        const above = contentOf(log).filter(line => Number(line.split(' ')[0]) >= log.lastStableOffset)
        await fixture.cleaner.cleanAll()
        expect(fixture.cleaner.status()[0]?.state).toEqual({ is: 'idle' })
        expect(contentOf(log)).toEqual(expect.arrayContaining(above))
      }
      expect(committedValues(fixture.log, model, Infinity)).toEqual(model.latest())
      for (const { producerId, batches } of fixture.log.producers()) {
        if (batches.length > 0) expect((batches.at(-1)?.lastSequence ?? -1) + 1).toBe(model.sequences[producerId])
      }
    }
    const { log, cleaner } = fixture
    for (const producer of [2, 3]) {
      if (!model.isOpen[producer]) continue
      log.append(encodeMarker({ producerId: producer, producerEpoch: 0, isAbort: false, coordinatorEpoch: 0, timestamp: clock.now() }), { origin: 'coordinator' })
      model.end(producer, false)
    }
    await settle(log, cleaner, () => clock.advance(2 * HOUR_MS))
    const kept = contentOf(log).filter(line => !line.endsWith('marker') && !line.includes('settled'))
    expect(kept.map(line => line.slice(line.indexOf(' ') + 1)).sort()).toEqual([...model.latest()].map(([key, value]) => `${key}=${value}`).sort())
    await log.close()
  })
  await fc.assert(property, { numRuns: 150 })
})

/** Compacts until horizons have passed for everything: only the last value of each key is left then. */
async function settle(log: PartitionLog, cleaner: { cleanAll(): Promise<void> }, wait: () => void): Promise<void> {
  for (let round = 0; round < 4; round++) {
    mustAppend(log, pairs([['settled', `${round}`]]))
    log.roll()
    await cleaner.cleanAll()
    wait()
  }
}
