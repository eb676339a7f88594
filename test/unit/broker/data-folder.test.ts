/** A data folder that cannot be used is named, with what to do, and stays as it is. */

import { expect, test } from 'vitest'
import { prepareDataFolder } from '../../../core/broker/data-folder.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

test.each([
  ['ENOSPC', 'write', 'its disk is full'],
  ['EACCES', 'open', 'not writable'],
  ['EROFS', 'open', 'read-only'],
] as const)('%s at start is told of the folder, and nothing is left behind', async (code, call, words) => {
  const disk = new MemoryDisk()
  disk.fail({ call, code })
  const start = startMemoryBroker({ disk })
  await expect(start).rejects.toThrow('/data cannot be used')
  await expect(start).rejects.toThrow(words)
  expect(disk.paths).toEqual([])
  expect(disk.openFiles).toBe(0)
  disk.heal()
  await (await startMemoryBroker({ disk })).stop()
})

test('logs of a newer format are refused before anything else is made', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/data/logs')
  disk.replaceNow('/data/logs/meta.properties', Buffer.from('version=1\nmillrace.format=2\n'))
  expect(() => prepareDataFolder('/data', disk)).toThrow('/data/logs was written by a newer version')
  await expect(startMemoryBroker({ disk })).rejects.toThrow('/data/logs was written by a newer version')
  expect(disk.paths).toEqual(['/data/logs/meta.properties'])
})

test('a disk that fills up half-way through a start is told of too, and what was opened is closed', async () => {
  const disk = new MemoryDisk()
  disk.fail({ call: 'write', code: 'ENOSPC', path: '/data/logs/' })
  await expect(startMemoryBroker({ disk })).rejects.toThrow('/data cannot be used')
  expect(disk.openFiles).toBe(0)
})
