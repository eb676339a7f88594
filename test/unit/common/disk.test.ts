/** Both disks do what the interface says, and the simulated one fails as told and crashes as machines do. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Disk } from '../../../core/common/disk.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const bytes = (text: string): Buffer => Buffer.from(text)
const text = (disk: Disk, path: string): string | undefined => disk.readSmallNow(path)?.toString()

describe.each([
  ['node', (): [Disk, string] => [nodeDisk, mkdtempSync(join(root, 'each-'))]],
  ['memory', (): [Disk, string] => [new MemoryDisk(), '/data']],
] as const)('the %s disk', (_, make) => {
  const start = async (): Promise<[Disk, string]> => {
    const [disk, folder] = make()
    await disk.makeFolder(folder)
    return [disk, folder]
  }

  test('writes and reads at positions, and keeps the size', async () => {
    const [disk, folder] = await start()
    const file = disk.openNow(`${folder}/a`, 'create')
    file.writeNow([bytes('hello '), bytes('world')], 0)
    file.writeNow([bytes('J')], 0)
    expect(file.size).toBe(11)
    const target = Buffer.alloc(20)
    expect(file.readNow(target, 6)).toBe(5)
    expect(await file.read(target.subarray(0, 4), 1)).toBe(4)
    expect(target.toString('latin1', 0, 5)).toBe('ellod')
    file.truncateNow(5)
    await file.flush()
    expect([file.size, file.readNow(target, 5), text(disk, `${folder}/a`)]).toEqual([5, 0, 'Jello'])
    file.closeNow()
    file.closeNow()
    const again = disk.openNow(`${folder}/a`, 'read')
    expect(again.size).toBe(5)
    again.closeNow()
  })

  test('refuses a missing file by code, and answers undefined for its content', async () => {
    const [disk, folder] = await start()
    for (const mode of ['read', 'write'] as const) {
      expect(() => disk.openNow(`${folder}/none`, mode)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    }
    expect(() => disk.openNow(`${folder}/no/folder`, 'create')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    await expect(disk.list(`${folder}/none`)).rejects.toMatchObject({ code: 'ENOENT' })
    expect([await disk.readSmall(`${folder}/none`), disk.sizeNow(`${folder}/none`), disk.existsNow(`${folder}/none`)]).toEqual([undefined, undefined, false])
    await disk.remove(`${folder}/none`)
    disk.removeNow(`${folder}/none`)
  })

  test('lists, renames and removes files and folders', async () => {
    const [disk, folder] = await start()
    await disk.makeFolder(`${folder}/x/y`)
    disk.makeFolderNow(`${folder}/x`)
    await disk.replace(`${folder}/x/one`, bytes('1'))
    disk.replaceNow(`${folder}/x/one`, bytes('one'))
    const listed = async (path: string): Promise<string[]> => (await disk.list(path)).map(({ name, isFolder }) => name + (isFolder ? '/' : '')).sort()
    expect(await listed(`${folder}/x`)).toEqual(['one', 'y/'])
    await disk.rename(`${folder}/x`, `${folder}/z`)
    disk.renameNow(`${folder}/z/one`, `${folder}/z/y/two`)
    await disk.flushFolder(folder)
    expect([await listed(folder), await listed(`${folder}/z`), text(disk, `${folder}/z/y/two`)]).toEqual([['z/'], ['y/'], 'one'])
    disk.removeNow(`${folder}/z/y/two`)
    await disk.remove(`${folder}/z`)
    expect(await listed(folder)).toEqual([])
    expect((await disk.space(folder)).totalBytes).toBeGreaterThan(0)
  })

  test('a file closed while reads and flushes run lets them end', async () => {
    const [disk, folder] = await start()
    const file = disk.openNow(`${folder}/a`, 'create')
    file.writeNow([Buffer.alloc(100_000, 7)], 0)
    const target = Buffer.alloc(100_000)
    const work = [file.flush(), file.flush(), file.flush(), file.flush()]
    await Promise.all(work)
    const read = file.read(target, 0)
    expect(await read).toBe(100_000)
    file.closeNow()
    await expect(file.flush()).rejects.toMatchObject({ code: 'EBADF' })
  })
})

test('a fault strikes the calls it names, as often as it says, until healed', () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  const file = disk.openNow('/d/a', 'create')
  disk.fail({ call: 'write', code: 'ENOSPC', path: '/d/a', after: 1, times: 1 })
  file.writeNow([bytes('a')], 0)
  expect(() => file.writeNow([bytes('b')], 1)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  expect(file.size).toBe(1)
  file.writeNow([bytes('c')], 1)
  disk.fail({ call: 'read', code: 'EIO' })
  expect(() => file.readNow(Buffer.alloc(1), 0)).toThrow('EIO')
  disk.heal()
  expect(file.readNow(Buffer.alloc(2), 0)).toBe(2)
})

test('a killed process loses nothing that was written, and its open files are dead', () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  const file = disk.openNow('/d/a', 'create')
  file.writeNow([bytes('kept')], 0)
  disk.crash('process')
  expect(text(disk, '/d/a')).toBe('kept')
  expect(() => file.writeNow([bytes('late')], 0)).toThrow(expect.objectContaining({ code: 'EBADF' }))
})

test('a power loss keeps what was flushed, and of the rest anything between nothing and all', async () => {
  const sizes = new Set<number>()
  for (let seed = 1; seed <= 40; seed++) {
    const disk = new MemoryDisk({ seed })
    disk.makeFolderNow('/d')
    const file = disk.openNow('/d/a', 'create')
    file.writeNow([Buffer.alloc(10_000, 1)], 0)
    await file.flush()
    await disk.flushFolder('/d')
    file.writeNow([Buffer.alloc(10_000, 2)], 10_000)
    disk.openNow('/d/b', 'create').closeNow()
    disk.crash('power')
    const left = disk.readSmallNow('/d/a') ?? Buffer.alloc(0)
    sizes.add(left.length)
    expect(left.subarray(0, 10_000).equals(Buffer.alloc(10_000, 1))).toBe(true)
    expect(left.subarray(10_000).every(byte => byte === 2 || byte === 0)).toBe(true)
  }
  expect(sizes.size).toBeGreaterThan(10)
})

test('a replaced file is the old or the new one after a power loss, never a mixture, once it was flushed', async () => {
  const seen = new Set<string | undefined>()
  for (let seed = 1; seed <= 30; seed++) {
    const disk = new MemoryDisk({ seed })
    disk.makeFolderNow('/d')
    await disk.replace('/d/a', bytes('old'))
    const late = disk.replace('/d/a', bytes('new'))
    for (let turn = 0; turn < seed % 5; turn++) await Promise.resolve()
    disk.crash('power')
    await late.catch(() => {})
    seen.add(text(disk, '/d/a'))
  }
  expect([...seen].sort()).toEqual(['new', 'old'])
})

test('the same seed loses the same bytes', () => {
  const lose = (seed: number): string | undefined => {
    const disk = new MemoryDisk({ seed })
    disk.makeFolderNow('/d')
    for (const name of ['a', 'b', 'c']) {
      const file = disk.openNow(`/d/${name}`, 'create')
      for (let at = 0; at < 9; at++) file.writeNow([Buffer.alloc(999, at)], at * 999)
    }
    disk.crash('power')
    return disk.paths.map(path => `${path} ${disk.readSmallNow(path)?.toString('hex')}`).join('\n')
  }
  expect(lose(5)).toBe(lose(5))
  expect(lose(5)).not.toBe(lose(6))
})

test('a failed write may have taken a part, which is cut off again unless that fails too', () => {
  const left = new Set<number>()
  for (let seed = 1; seed <= 40; seed++) {
    const disk = new MemoryDisk({ seed })
    disk.makeFolderNow('/d')
    const file = disk.openNow('/d/a', 'create')
    file.writeNow([bytes('kept')], 0)
    disk.fail({ call: 'write', code: 'EIO', times: 2 })
    expect(() => file.writeNow([bytes('lost')], 4)).toThrow('EIO')
    expect([file.size, text(disk, '/d/a')]).toEqual([4, 'kept'])
    disk.fail({ call: 'truncate', code: 'EIO' })
    expect(() => file.writeNow([bytes('torn')], 4)).toThrow('EIO')
    expect([file.size, text(disk, '/d/a')?.slice(0, 4)]).toEqual([4, 'kept'])
    left.add(disk.sizeNow('/d/a') ?? -1)
  }
  expect([...left].sort()).toEqual([4, 5, 6, 7, 8])
})

test('a disk holds what it can hold, and as many open files as it may', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  disk.capacityBytes = 10
  const file = disk.openNow('/d/a', 'create')
  file.writeNow([bytes('12345678')], 0)
  expect(() => file.writeNow([bytes('9abc')], 8)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  file.writeNow([bytes('9a')], 8)
  file.writeNow([bytes('over')], 0)
  expect([text(disk, '/d/a'), (await disk.space()).freeBytes]).toEqual(['over56789a', 0])
  disk.openFilesMax = 1
  expect(() => disk.openNow('/d/a', 'read')).toThrow(expect.objectContaining({ code: 'EMFILE' }))
  file.closeNow()
  disk.openNow('/d/a', 'read').closeNow()
})

test('a flush that fails may give its pages up: they read as written and are gone with the power', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  const file = disk.openNow('/d/a', 'create')
  file.writeNow([bytes('old')], 0)
  await file.flush()
  await disk.flushFolder('/d')
  file.writeNow([bytes('new')], 0)
  disk.fail({ call: 'flush', code: 'EIO', times: 1, dropsPages: true })
  await expect(file.flush()).rejects.toMatchObject({ code: 'EIO' })
  await file.flush()
  expect(text(disk, '/d/a')).toBe('new')
  disk.crash('power')
  expect(text(disk, '/d/a')).toBe('old')
})

test('what a failed flush gave up is gone with the cache when the machine restarts', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  const file = disk.openNow('/d/a', 'create')
  file.writeNow([bytes('old')], 0)
  await file.flush()
  file.writeNow([bytes('new')], 0)
  disk.fail({ call: 'flush', code: 'EIO', times: 1, dropsPages: true })
  await expect(file.flush()).rejects.toMatchObject({ code: 'EIO' })
  disk.crash('process')
  expect(text(disk, '/d/a')).toBe('new')
  disk.reboot()
  expect(text(disk, '/d/a')).toBe('old')
})

test('a folder that is unplugged is gone with its files, and back when it is plugged in', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d/e')
  const file = disk.openNow('/d/e/a', 'create')
  file.writeNow([bytes('kept')], 0)
  disk.unplug('/d/e')
  expect([disk.existsNow('/d/e/a'), disk.sizeNow('/d/e/a'), text(disk, '/d/e/a')]).toEqual([false, undefined, undefined])
  expect(() => file.writeNow([bytes('x')], 4)).toThrow(expect.objectContaining({ code: 'EIO' }))
  await expect(disk.list('/d/e')).rejects.toMatchObject({ code: 'ENOENT' })
  disk.heal()
  file.writeNow([bytes('!')], 4)
  expect(text(disk, '/d/e/a')).toBe('kept!')
})

test('rot turns one bit, in what is read and in what a power loss brings back', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/d')
  await disk.replace('/d/a', Buffer.alloc(100))
  const { position } = disk.rot('/d/a') ?? { position: -1 }
  const once = disk.readSmallNow('/d/a') ?? Buffer.alloc(0)
  expect([...once.entries()].filter(([, byte]) => byte !== 0).map(([at]) => at)).toEqual([position])
  disk.crash('power')
  expect(disk.readSmallNow('/d/a')?.equals(once)).toBe(true)
})

test('names are lost from the last back; where only POSIX holds, folder by folder', async () => {
  const seen = { journal: new Set<string>(), strict: new Set<string>() }
  for (const names of ['journal', 'strict'] as const) {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new MemoryDisk({ seed, names })
      disk.makeFolderNow('/a')
      disk.makeFolderNow('/b')
      await disk.flushFolder('/')
      disk.openNow('/a/1', 'create').closeNow()
      disk.openNow('/b/1', 'create').closeNow()
      disk.renameNow('/a/1', '/a/2')
      disk.crash('power')
      seen[names].add(disk.paths.join(' '))
    }
  }
  expect([...seen.journal].sort()).toEqual(['', '/a/1', '/a/1 /b/1', '/a/2 /b/1'])
  expect([...seen.strict].sort()).toEqual(['', '/a/1', '/a/1 /b/1', '/a/2', '/a/2 /b/1', '/b/1'])
})

test('a kill keeps the boot id; the loss of power and an orderly restart change it, the latter losing nothing', () => {
  const disk = new MemoryDisk()
  const first = disk.bootId()
  disk.openNow('/a', 'create').writeNow([bytes('hello')], 0)
  disk.crash('process')
  expect([disk.bootId(), text(disk, '/a')]).toEqual([first, 'hello'])
  disk.reboot()
  const second = disk.bootId()
  disk.crash('power')
  expect([second === first, disk.bootId() === second, text(disk, '/a')]).toEqual([false, false, 'hello'])
})

test.runIf(process.platform === 'linux' || process.platform === 'darwin')('the system names its boot, always the same way', () => {
  expect(nodeDisk.bootId()).toMatch(/^[0-9a-fA-F-]{36}$/)
  expect(nodeDisk.bootId()).toBe(nodeDisk.bootId())
})
