/** Everything that is derived from the records can be deleted by hand, or be garbled, and is there again. */

import { describe, expect, test } from 'vitest'
import type { MemoryDisk } from '../../../core/common/memory-disk.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { batch, mustAppend, readAll, record, START_MS } from './fixture.ts'
import { filled, hex, logPath, LOGS, ORDERS, overwrite, type Run, small, start } from './recovery-fixture.ts'

/** A log of several segments and epochs, with a producer and an aborted transaction. */
async function rich(): Promise<{ disk: MemoryDisk; run: Run; log: PartitionLog }> {
  const { disk, log } = await filled(6)
  await log.flush()
  let latest = log
  let run: Run | undefined
  for (const epoch of [1, 2]) {
    disk.crash('power')
    run = await start(disk)
    latest = await run.open()
    for (let index = 0; index < 5; index++) mustAppend(latest, encodeBatch({ records: [record(`e${epoch} ${index}`, { timestamp: START_MS + index })], producerId: epoch, producerEpoch: 0, baseSequence: index }))
    mustAppend(latest, encodeBatch({ records: [record('aborted')], producerId: 9, producerEpoch: epoch, baseSequence: 0, isTransactional: true }))
    latest.append(encodeMarker({ producerId: 9, producerEpoch: epoch, coordinatorEpoch: 0, isAbort: true, timestamp: START_MS }), { origin: 'coordinator' })
    await latest.flush()
  }
  if (!run) throw new Error('not started')
  return { disk, run, log: latest }
}

async function seen(log: PartitionLog): Promise<unknown> {
  return {
    values: readAll(log),
    offsets: [log.startOffset, log.endOffset, log.lastStableOffset, log.sizeBytes, log.segmentCount],
    epochs: [log.leaderEpoch, log.epochAt(0), log.epochAt(7), log.epochAt(14), log.endOffsetForEpoch(0), log.endOffsetForEpoch(1)],
    aborted: log.abortedTransactions(0, log.endOffset),
    // By id: in which order they were met is nobody's business.
    producers: [...log.producers()].sort((a, b) => a.producerId - b.producerId)
      .map(({ producerId, epoch, currentTxnFirstOffset, batches }) => [producerId, epoch, currentTxnFirstOffset, batches.at(-1)]),
    time: await log.reader.offsetForTimestamp(START_MS + 3),
    greatest: await log.reader.offsetOfMaxTimestamp(),
  }
}

const kinds = ['.index', '.timeindex', '.txnindex', '.snapshot', 'leader-epoch-checkpoint', 'partition.metadata', 'meta.properties', '-checkpoint', '.kafka_cleanshutdown', '.millrace_boot', ''] as const
const isDerived = (path: string): boolean => !path.endsWith('.log') && path.startsWith(LOGS)

describe.each(kinds)('without the files *%s', suffix => {
  test('a log is the same after a clean stop', async () => {
    const { disk, run, log } = await rich()
    const before = await seen(log)
    await run.logs.close()
    for (const path of disk.paths) if (isDerived(path) && path.endsWith(suffix)) disk.removeNow(path)
    const again = await start(disk)
    const reopened = await again.open()
    const isRaised = reopened.recovery.epochRaised
    const after = (await seen(reopened)) as { epochs: unknown[] }
    if (isRaised) after.epochs[0] = log.leaderEpoch
    expect([after, isRaised]).toEqual([before, suffix === ''])
    await again.logs.close()
    expect(disk.openFiles).toBe(0)
  })
})

test.each(['.index', '.timeindex', '.snapshot', 'leader-epoch-checkpoint', 'partition.metadata'])('without the files *%s a log is the same after a kill', async suffix => {
  const { disk, log } = await rich()
  const before = await seen(log)
  disk.crash('process')
  for (const path of disk.paths) if (isDerived(path) && path.endsWith(suffix)) disk.removeNow(path)
  const again = await start(disk)
  const reopened = await again.open()
  expect([await seen(reopened), reopened.recovery.how]).toEqual([before, 'tail'])
  await again.logs.close()
})

test.each([
  ['.index, cut within an entry', '.index', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)],
  ['.index whose last entry points nowhere', '.index', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length - 4), Buffer.from([0x7f, 0, 0, 0])])],
  ['.index whose last entry points into a batch', '.index', (bytes: Buffer) => (bytes.writeInt32BE(bytes.readInt32BE(bytes.length - 4) + 1, bytes.length - 4), bytes)],
  ['.index that ends in zeros', '.index', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(80)])],
  ['.timeindex that ends in zeros', '.timeindex', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(120)])],
  ['.timeindex, cut within an entry', '.timeindex', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
] as const)('a %s is rebuilt, after a clean stop and after a kill', async (_, suffix, garble) => {
  for (const ending of ['stop', 'kill'] as const) {
    const config = { ...small, segmentBytes: 1_000_000 }
    const { disk, run, log, values } = await filled(200, config)
    await log.flush()
    if (ending === 'kill') disk.crash('process')
    else await run.logs.close()
    const path = logPath(0, suffix)
    const before = disk.readSmallNow(path) ?? Buffer.alloc(0)
    disk.replaceNow(path, garble(Buffer.from(before)))
    const again = await start(disk)
    const reopened = await again.open(config)
    expect([ending, readAll(reopened), reopened.recovery.rebuiltIndexes, reopened.leaderEpoch]).toEqual([ending, values, 1, 0])
    await again.logs.close()
    expect([ending, disk.readSmallNow(path)?.subarray(0, before.length).equals(before)]).toEqual([ending, true])
  }
})

test('epochs are looked up in the batches by bisection, not by going through them', async () => {
  const config = { segmentBytes: 1_000_000, indexIntervalBytes: 500 }
  const { disk, log } = await filled(3000, config)
  await log.flush()
  for (const epoch of [1, 2, 3]) {
    disk.crash('power')
    const run = await start(disk)
    const reopened = await run.open(config)
    for (let index = 0; index < 1000; index++) mustAppend(reopened, batch([`e${epoch}`]))
    await reopened.flush()
    if (epoch === 3) await run.logs.close()
  }
  const file = `${ORDERS}/leader-epoch-checkpoint`
  const before = hex(disk, file)
  disk.removeNow(file)
  let reads = 0
  const openNow = disk.openNow.bind(disk)
  disk.openNow = (path, mode) => {
    const opened = openNow(path, mode)
    return { ...opened, get size() { return opened.size }, readNow: (target, position) => (reads++, opened.readNow(target, position)) }
  }
  const again = await start(disk)
  expect((await again.open(config)).recovery.scannedBytes).toBe(0)
  expect([hex(disk, file), reads < 400]).toEqual([before, true])
  await again.logs.close()
})

test('an index that was being rebuilt when the process died is rebuilt again', async () => {
  const config = { ...small, segmentBytes: 1_000_000 }
  const { disk, run, values } = await filled(200, config)
  await run.logs.close()
  const path = logPath(0, '.index')
  const before = hex(disk, path)
  disk.removeNow(path)
  const dying = await start(disk)
  disk.fail({ call: 'rename', code: 'EIO', path: '.index' })
  await expect(dying.open(config)).rejects.toThrow('EIO')
  expect(disk.existsNow(path)).toBe(false)
  disk.crash('process')
  const again = await start(disk)
  expect(readAll(await again.open(config))).toEqual(values)
  await again.logs.close()
  expect(hex(disk, path)).toBe(before)
})

test('a file of epochs whose numbers do not rise is not believed', async () => {
  const { disk, run, values } = await filled(5)
  await run.logs.close()
  overwrite(disk, `${ORDERS}/leader-epoch-checkpoint`, 0, Buffer.from('0\n2\n4 3\n2 1\n'))
  const again = await start(disk)
  const log = await again.open()
  expect([readAll(log), log.leaderEpoch, log.epochAt(0)]).toEqual([values, 0, 0])
  await again.logs.close()
})
