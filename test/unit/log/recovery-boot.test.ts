/** How far files are trusted: by how the last run ended, and whether the machine was started since. */

import { expect, test } from 'vitest'
import { batch, mustAppend, readAll } from './fixture.ts'
import { basesOf, filled, logPath, LOGS, overwrite, partitionOf, start } from './recovery-fixture.ts'

const big = { segmentBytes: 1_000_000, indexIntervalBytes: 100 }
const SIZE = batch(['a0']).length

test('a clean stop on the same boot is trusted: no log is read, no index of a closed segment', async () => {
  const { disk, run, values } = await filled(12)
  await run.logs.close()
  const bases = basesOf(disk)
  expect(bases.length).toBeGreaterThan(2)
  for (const base of bases.slice(0, -1)) disk.fail({ call: 'open', code: 'EIO', path: logPath(base, '') })
  const again = await start(disk)
  const log = await again.open()
  expect(log.recovery).toMatchObject({ how: 'clean', scannedBytes: 0, epochRaised: false, rebuiltIndexes: 0 })
  expect([log.endOffset, log.leaderEpoch, log.segmentCount]).toEqual([12, 0, bases.length])
  disk.heal()
  expect(readAll(log)).toEqual(values)
  await again.logs.close()
})

test('a clean stop before a restart of the machine is verified from the recovery point, and keeps its epoch', async () => {
  const { disk, run, log, values } = await filled(12)
  await log.flush()
  for (const value of ['b', 'c']) mustAppend(log, batch([value]))
  await run.logs.close()
  disk.reboot()
  const again = await start(disk)
  const reopened = await again.open()
  expect(reopened.recovery).toMatchObject({ how: 'scan', cutBytes: 0, epochRaised: false })
  expect(reopened.recovery.scannedBytes).toBeLessThan(6 * SIZE)
  expect([readAll(reopened), reopened.leaderEpoch]).toEqual([[...values, 'b', 'c'], 0])
  await again.logs.close()
})

test('records that a clean stop knew and a restart of the machine lost raise the epoch, though no byte is bad', async () => {
  const { disk, run } = await filled(5, big)
  await run.logs.close()
  const file = disk.openNow(logPath(0), 'write')
  file.truncateNow(4 * SIZE)
  file.closeNow()
  disk.reboot()
  const again = await start(disk)
  const log = await again.open(big)
  expect([log.endOffset, log.leaderEpoch, log.recovery.epochRaised]).toEqual([4, 1, true])
  expect(again.lines.join('\n')).toContain('ends before the offset its clean stop named')
  await again.logs.close()
})

test('after a kill only what lies behind the last index entry in the file is read, and the epoch stays', async () => {
  const { disk, log, values } = await filled(400, big)
  disk.crash('process')
  const entries = (disk.sizeNow(logPath(0, '.index')) ?? 0) / 8
  expect(entries).toBeGreaterThan(100)
  const again = await start(disk)
  const reopened = await again.open(big)
  expect(reopened.recovery).toMatchObject({ how: 'tail', cutBytes: 0, epochRaised: false, rebuiltIndexes: 0 })
  expect(reopened.recovery.scannedBytes).toBeLessThan(70 * 2 * SIZE)
  expect([readAll(reopened), reopened.leaderEpoch, reopened.sizeBytes]).toEqual([values, 0, log.sizeBytes])
  await again.logs.close()
})

test('a batch half written when the process died was never acknowledged: it is cut off, and nothing else happens', async () => {
  const { disk, values } = await filled(5, big)
  disk.crash('process')
  const next = batch(['next'])
  next.writeInt32BE(5, 4) // the base offset it was given
  overwrite(disk, logPath(0), 5 * SIZE, next.subarray(0, 50))
  const again = await start(disk)
  const log = await again.open(big)
  expect(log.recovery).toMatchObject({ how: 'tail', cutBytes: 50, cutOffset: 5, setAside: null, epochRaised: false })
  expect([readAll(log), log.leaderEpoch]).toEqual([values, 0])
  await again.logs.close()
})

test('a whole batch that is bad was acknowledged, after a kill too: it is set aside, and the epoch rises', async () => {
  const { disk, values } = await filled(5, big)
  disk.crash('process')
  overwrite(disk, logPath(0), -1, Buffer.from([0xff]))
  const again = await start(disk)
  const log = await again.open(big)
  expect(log.recovery).toMatchObject({ how: 'tail', cutBytes: SIZE, cutOffset: 4, epochRaised: true })
  expect([readAll(log), log.leaderEpoch]).toEqual([values.slice(0, 4), 1])
  await again.logs.close()
})

test('after a loss of power the epoch rises even where nothing seems to be missing, and is as durable as that', async () => {
  const { disk, log, values } = await filled(5, big)
  await log.flush()
  for (const epoch of [1, 2, 3]) {
    disk.crash('power')
    const again = await start(disk)
    const reopened = await again.open(big)
    expect(reopened.recovery).toMatchObject({ how: 'scan', cutBytes: 0, epochRaised: true })
    expect([readAll(reopened), reopened.leaderEpoch]).toEqual([values, epoch])
  }
})

test('what nobody verified since a loss of power stays in doubt through kills and clean stops', async () => {
  for (const ending of ['kill', 'stop'] as const) {
    const { disk, log } = await filled(5, big)
    await log.flush()
    disk.crash('power')
    const idle = await start(disk)
    if (ending === 'kill') disk.crash('process')
    else await idle.logs.close()
    const again = await start(disk)
    const reopened = await again.open(big)
    expect([ending, reopened.recovery.how, reopened.leaderEpoch]).toEqual([ending, 'scan', 1])
    disk.crash('process')
    const last = await start(disk)
    expect([ending, (await last.open(big)).recovery.how]).toEqual([ending, 'tail'])
    await last.logs.close()
  }
})

test('a marker that is not whole is none, and an old one without a boot is one of another boot', async () => {
  const { disk, run } = await filled(3, big)
  await run.logs.close()
  const marker = disk.readSmallNow(`${LOGS}/.kafka_cleanshutdown`) ?? Buffer.alloc(0)
  disk.replaceNow(`${LOGS}/.kafka_cleanshutdown`, marker.subarray(0, 60))
  const again = await start(disk)
  expect((await again.open(big)).recovery.how).toBe('tail')
  await again.logs.close()
  const flipped = String(disk.readSmallNow(`${LOGS}/.kafka_cleanshutdown`)).replace('[0,3,', '[1,3,')
  disk.replaceNow(`${LOGS}/.kafka_cleanshutdown`, Buffer.from(flipped))
  const third = await start(disk)
  const log = await third.open(big)
  expect([log.recovery.how, log.startOffset]).toEqual(['tail', 0])
  await third.logs.close()
  disk.replaceNow(`${LOGS}/.kafka_cleanshutdown`, Buffer.from('{"version":0,"brokerEpoch":-1,"unverified":[]}'))
  const old = await start(disk)
  expect((await old.open(big)).recovery).toMatchObject({ how: 'scan', epochRaised: false })
  await old.logs.close()
})

test('where the machine does not tell its boot, each start is taken for one of another', async () => {
  const { disk, run } = await filled(3, big)
  await run.logs.close()
  disk.bootId = () => undefined
  const again = await start(disk)
  expect((await again.open(big)).recovery).toMatchObject({ how: 'scan', epochRaised: false })
  disk.crash('process')
  const killed = await start(disk)
  expect((await killed.open(big)).recovery).toMatchObject({ how: 'scan', epochRaised: true })
  await killed.logs.close()
})

test('a stop waits for no flush that is under way, and the recovery point stays where the last one left it', async () => {
  const { disk, run, log, values } = await filled(5, big)
  await log.flush()
  mustAppend(log, batch(['late']))
  let letGo = (): void => {}
  const flush = disk.openNow.bind(disk)
  disk.openNow = (path, mode) => {
    const file = flush(path, mode)
    return { ...file, get size() { return file.size }, flush: () => new Promise<void>(resolve => { letGo = resolve }) }
  }
  log.flush().catch(() => {})
  const stopping = run.logs.close()
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  run.clock.advance(50)
  await stopping
  letGo()
  disk.openNow = flush
  const again = await start(disk)
  const reopened = await again.open(big)
  expect([reopened.recovery.how, reopened.recoveryPoint, readAll(reopened)]).toEqual(['clean', 5, [...values, 'late']])
  await again.logs.close()
})

test('a stop gives up a long scan at its next piece, and the partition is as doubtful at the next start', async () => {
  const { disk, log } = await filled(400, big)
  await log.flush()
  disk.crash('power')
  const again = await start(disk)
  const opening = again.open(big)
  const outcome = expect(opening).rejects.toMatchObject({ name: 'AbortError' })
  again.logs.abortOpening()
  await outcome
  await again.logs.close()
  expect(disk.openFiles).toBe(0)
  expect(JSON.parse(String(disk.readSmallNow(`${LOGS}/.kafka_cleanshutdown`)))).toMatchObject({ unverified: { 'orders-0': 'power-loss' } })
  const last = await start(disk)
  expect((await last.open(big)).recovery).toMatchObject({ how: 'scan', epochRaised: true })
  await last.logs.close()
})

test('a partition whose folder is gone begins anew, and it is said; a start that was to move up is kept', async () => {
  const { disk, run, log } = await filled(5, big)
  log.trimTo(2)
  await run.logs.saveStartOffsets()
  await run.logs.close()
  disk.removeNow(`${LOGS}/orders-0`)
  const again = await start(disk)
  const reopened = await again.open(big)
  expect(reopened.recovery).toMatchObject({ how: 'vanished', epochRaised: true })
  expect([reopened.startOffset, reopened.endOffset, reopened.leaderEpoch]).toEqual([2, 2, 1])
  expect(again.lines.join('\n')).toContain('the folder of a partition is gone')
  mustAppend(reopened, batch(['new']))
  await again.logs.close()
})

test('a partition at rest opens without a wait when its files are as they were left, and not at all when anything is odd', async () => {
  const { disk, run, values } = await filled(12)
  await run.logs.close()
  const again = await start(disk)
  expect(again.logs.resting('orders', 0)).toMatchObject({ startOffset: 0, endOffset: 12, leaderEpoch: 0, segmentCount: basesOf(disk).length })
  disk.removeNow(logPath(0, '.timeindex'))
  expect(again.logs.openNow(partitionOf({ segmentBytes: 300, indexIntervalBytes: 100 }))).toBeUndefined()
  expect(disk.openFiles).toBe(0)
  const log = await again.open()
  expect([log.recovery.how, log.recovery.rebuiltIndexes, readAll(log)]).toEqual(['clean', 1, values])
  await again.logs.close()
  const third = await start(disk)
  const now = third.logs.openNow(partitionOf({ segmentBytes: 300, indexIntervalBytes: 100 }))
  expect([now?.recovery.how, now && readAll(now), third.logs.resting('orders', 0)]).toEqual(['clean', values, undefined])
  await third.logs.close()
})

test('a start that dies once it has cut leaves a risen epoch: the next one finds nothing bad any more', async () => {
  const { disk, values } = await filled(5, big)
  disk.crash('process')
  overwrite(disk, logPath(0), -1, Buffer.from([0xff]))
  const dying = await start(disk)
  const openNow = disk.openNow.bind(disk)
  disk.openNow = (path, mode) => {
    const file = openNow(path, mode)
    return { ...file, get size() { return file.size }, truncateNow(size) { file.truncateNow(size); disk.crash('process') } }
  }
  await expect(dying.open(big)).rejects.toThrow('EBADF')
  disk.openNow = openNow
  const again = await start(disk)
  const log = await again.open(big)
  expect([readAll(log), log.recovery.cutBytes, log.leaderEpoch, log.epochAt(3), log.endOffsetForEpoch(0)]).toEqual([values.slice(0, 4), 0, 1, 0, { leaderEpoch: 0, endOffset: 4 }])
  await again.logs.close()
})
