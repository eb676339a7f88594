/** Disks that are full, fail or disappear: refused with KAFKA_STORAGE_ERROR, nothing acknowledged lost, and well again by itself. */

import { expect, test } from 'vitest'
import { batch, FOLDER, mustAppend, openLog, readAll } from './fixture.ts'

test('on a full disk appends are refused, reads go on, and the log is well as soon as there is room', async () => {
  const { log, disk } = await openLog()
  const heard: string[] = []
  log.onHealth = ({ health }) => heard.push(health.is)
  mustAppend(log, batch(['kept']))
  disk.fail({ call: 'write', code: 'ENOSPC' })
  for (let time = 0; time < 3; time++) {
    expect(log.append(batch(['refused']))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR', message: expect.stringContaining('ENOSPC') })
  }
  expect([log.health, readAll(log)]).toEqual([{ is: 'offline', reason: expect.stringContaining('ENOSPC') }, ['kept']])
  disk.heal()
  expect(mustAppend(log, batch(['taken'])).baseOffset).toBe(1)
  expect([log.health, heard, readAll(log)]).toEqual([{ is: 'online' }, ['offline', 'online'], ['kept', 'taken']])
})

test('a file that was removed behind its log is noticed within a second, and records are refused instead of written nowhere', async () => {
  const { log, disk, clock } = await openLog()
  mustAppend(log, batch(['a']))
  disk.removeNow(`${FOLDER}/00000000000000000000.log`)
  clock.advance(1000)
  expect(log.append(batch(['b']))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR', message: expect.stringContaining('is gone') })
  expect(log.append(batch(['b'])).error).toBe('KAFKA_STORAGE_ERROR')
})

test('a folder that is moved away and back costs nothing but the time between', async () => {
  const { log, disk, clock } = await openLog()
  mustAppend(log, batch(['a']))
  disk.renameNow(FOLDER, '/elsewhere')
  clock.advance(1000)
  expect(log.append(batch(['b'])).error).toBe('KAFKA_STORAGE_ERROR')
  disk.renameNow('/elsewhere', FOLDER)
  expect(mustAppend(log, batch(['c'])).baseOffset).toBe(1)
  expect(readAll(log)).toEqual(['a', 'c'])
})

test('a file that was cut from outside is not written on', async () => {
  const { log, disk, clock } = await openLog()
  mustAppend(log, batch(['a']))
  mustAppend(log, batch(['b']))
  disk.openNow(`${FOLDER}/00000000000000000000.log`, 'write').truncateNow(10)
  clock.advance(1000)
  expect(log.append(batch(['c']))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR', message: expect.stringContaining('was cut to 10 of') })
})

test('when no file can be opened any more, the log gives up files that are not in use and tries again', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 200 } })
  for (let index = 0; index < 20; index++) mustAppend(log, batch([`value ${index}`]))
  readAll(log)
  const open = disk.openFiles
  disk.fail({ call: 'open', code: 'EMFILE', times: 1 })
  for (let index = 20; index < 24; index++) mustAppend(log, batch([`value ${index}`]))
  expect([open > 5, disk.openFiles < open]).toEqual([true, true])
})
