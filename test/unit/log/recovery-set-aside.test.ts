/** Recovery erases nothing: what it takes out of a log lies beside the logs, byte for byte. */

import { expect, test } from 'vitest'
import { batch, mustAppend, readAll } from './fixture.ts'
import { basesOf, filled, hex, logPath, LOGS, ORDERS, overwrite, start } from './recovery-fixture.ts'

const big = { segmentBytes: 100_000_000, indexIntervalBytes: 4096, maxMessageBytes: 10_000_000 }
const kept = (paths: readonly string[]): string[] => paths.filter(path => path.startsWith('/data/set-aside/')).map(path => path.replace(/^.*\//, ''))

test('a bad byte in the middle: the rest of its segment and the segments behind it are kept, and said with partition, offset and bytes', async () => {
  const { disk, log, values } = await filled(12)
  await log.flush()
  const bases = basesOf(disk)
  disk.reboot()
  disk.replaceNow(`${LOGS}/recovery-point-offset-checkpoint`, Buffer.from('0\n0\n'))
  const [, second = 0, ...later] = bases
  overwrite(disk, logPath(second), 100, Buffer.from([0xff]))
  const before = Object.fromEntries([second, ...later].map(base => [base, hex(disk, logPath(base))]))
  const again = await start(disk)
  const reopened = await again.open()
  const { setAside, cutBytes, cutOffset, epochRaised } = reopened.recovery
  const cutAt = batch(['a0']).length
  expect([readAll(reopened), cutOffset, epochRaised, reopened.leaderEpoch]).toEqual([values.slice(0, second + 1), second + 1, true, 1])
  expect(cutBytes).toBe(Object.values(before).reduce((sum, bytes) => sum + (bytes?.length ?? 0) / 2, -cutAt))
  expect(setAside).toMatch(/^\/data\/set-aside\/orders-0\/2023-11-14T22-13-20\.000Z$/)
  expect(hex(disk, `${setAside}/${logPath(second).replace(/^.*\//, '')}.from-${cutAt}`)).toBe(before[second]?.slice(cutAt * 2))
  for (const base of later) expect(hex(disk, `${setAside}/${logPath(base).replace(/^.*\//, '')}`)).toBe(before[base])
  expect(again.lines.join('\n')).toContain(`offset=${second + 1} position=${cutAt}`)
  expect(again.logs.unknownFolders).toEqual([])
  await again.logs.close()
})

test('a tail of many pieces is copied whole', async () => {
  const { disk, values } = await filled(2, big)
  const run = await start(disk)
  const log = await run.open(big)
  mustAppend(log, batch(['x'.repeat(3_000_000)]))
  disk.crash('process')
  overwrite(disk, logPath(0), 2 * batch(['a0']).length + 70, Buffer.from([1, 2, 3]))
  const tail = disk.readSmallNow(logPath(0))?.subarray(2 * batch(['a0']).length)
  const again = await start(disk)
  const reopened = await again.open(big)
  expect([readAll(reopened), reopened.recovery.cutBytes]).toEqual([values, tail?.length])
  const copy = disk.readSmallNow(`${reopened.recovery.setAside}/00000000000000000000.log.from-${2 * batch(['a0']).length}`)
  expect(tail !== undefined && copy?.equals(tail)).toBe(true)
  await again.logs.close()
})

test('zeros behind the last batch hold nothing: they are cut, and nothing of them is kept', async () => {
  const { disk, values } = await filled(3, big)
  disk.crash('process')
  overwrite(disk, logPath(0), 3 * batch(['a0']).length, Buffer.alloc(2_500_000))
  const again = await start(disk)
  const log = await again.open(big)
  expect([readAll(log), log.recovery.cutBytes, log.recovery.setAside, log.leaderEpoch]).toEqual([values, 2_500_000, null, 0])
  await again.logs.close()
})

test('files that look like segments and are none are moved away; what is not like one is left alone', async () => {
  const { disk, run, values } = await filled(3)
  await run.logs.close()
  const foreign = ['orders.log', '42.log', '00000000000000000000.log.bak.index', '99999999999999999999.log', 'old.swap']
  for (const name of foreign) disk.replaceNow(`${ORDERS}/${name}`, Buffer.from(name))
  disk.replaceNow(`${ORDERS}/notes.txt`, Buffer.from('mine'))
  const again = await start(disk)
  const log = await again.open()
  expect([readAll(log), log.leaderEpoch, log.recovery.cutBytes]).toEqual([values, 0, 0])
  expect(kept(disk.paths)).toEqual(foreign.sort())
  expect(disk.readSmallNow(`${log.recovery.setAside}/42.log`)?.toString()).toBe('42.log')
  expect(disk.existsNow(`${ORDERS}/notes.txt`)).toBe(true)
  await again.logs.close()
})

test('a segment that was put among those of a clean stop is noticed: all is verified, and what does not fit is kept', async () => {
  const { disk, run, values } = await filled(12)
  await run.logs.close()
  disk.replaceNow(logPath(1), batch(['foreign']))
  const again = await start(disk)
  const log = await again.open()
  expect(again.lines.join('\n')).toContain('not those its clean stop left')
  expect(readAll(log)).toEqual(values.slice(0, log.endOffset))
  expect([kept(disk.paths).includes('00000000000000000001.log'), log.recovery.epochRaised]).toEqual([true, true])
  await again.logs.close()
})

test('where the disk takes no copy nothing is cut: the partition is offline with the reason, and comes back when there is room', async () => {
  const { disk, values } = await filled(5, big)
  disk.crash('process')
  overwrite(disk, logPath(0), -1, Buffer.from([0xff]))
  const before = hex(disk, logPath(0))
  const full = await start(disk)
  disk.fail({ call: 'write', code: 'ENOSPC', path: 'set-aside' })
  await expect(full.open(big)).rejects.toThrow(/could not be set aside in .*ENOSPC.*Nothing was cut/)
  disk.heal()
  expect([hex(disk, logPath(0)), disk.openFiles]).toEqual([before, 0])
  await full.logs.close()
  const again = await start(disk)
  const log = await again.open(big)
  expect([readAll(log), log.recovery.cutBytes > 0, log.leaderEpoch]).toEqual([values.slice(0, 4), true, 1])
  await again.logs.close()
})
