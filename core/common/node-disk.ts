/** The real disk: `node:fs`, with synchronous page-cache calls for warm paths and promises for the rest. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { dirname } from 'node:path'
import type { Disk, DiskEntry, DiskFile } from './disk.ts'

/** Four large flushes at once held a small read for half a second: the thread pool has four threads. */
const FLUSHES_AT_ONCE_MAX = 2

const openFlags = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
}

let flushesRunning = 0
const flushesWaiting: (() => void)[] = []

async function flushInTurn(flush: () => Promise<void>): Promise<void> {
  if (flushesRunning >= FLUSHES_AT_ONCE_MAX) await new Promise<void>(resolve => flushesWaiting.push(resolve))
  else flushesRunning++
  try {
    await flush()
  } finally {
    const next = flushesWaiting.shift()
    if (next) next()
    else flushesRunning--
  }
}

class NodeFile implements DiskFile {
  readonly path: string
  #fd: number
  #size: number
  /** Promises under way: the descriptor is closed after the last, or a stranger's file with the same number would be read. */
  #pending = 0
  #isClosing = false

  constructor(path: string, fd: number, size: number) {
    this.path = path
    this.#fd = fd
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  writeNow(buffers: readonly Uint8Array[], position: number): void {
    let at = position
    try {
      for (const buffer of buffers) at = this.#writeWhole(buffer, at)
    } catch (failure) {
      this.#dropPartialWrite()
      throw failure
    }
    if (at > this.#size) this.#size = at
  }

  #writeWhole(buffer: Uint8Array, position: number): number {
    let done = fs.writeSync(this.#fd, buffer, 0, buffer.length, position)
    while (done < buffer.length) done += fs.writeSync(this.#fd, buffer, done, buffer.length - done, position + done)
    return position + done
  }

  /** A full disk may have taken part of a write; nothing of it is claimed, so nothing of it stays. */
  #dropPartialWrite(): void {
    try {
      fs.ftruncateSync(this.#fd, this.#size)
    } catch {
      // The write's own failure is the one to report; a torn tail is cut by recovery at the next start.
    }
  }

  readNow(target: Uint8Array, position: number): number {
    let done = 0
    while (done < target.length) {
      const count = fs.readSync(this.#fd, target, done, target.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  truncateNow(size: number): void {
    fs.ftruncateSync(this.#fd, size)
    this.#size = size
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#held(async () => {
      let done = 0
      while (done < target.length) {
        const count = await this.#readOnce(target, done, position + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  #readOnce(target: Uint8Array, at: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, target, at, target.length - at, position, (failure, count) => (failure ? reject(failure) : resolve(count)))
    })
  }

  flush(): Promise<void> {
    return this.#held(() =>
      flushInTurn(
        () =>
          new Promise((resolve, reject) => {
            fs.fdatasync(this.#fd, failure => (failure ? reject(failure) : resolve()))
          }),
      ),
    )
  }

  async #held<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosing) throw Object.assign(new Error(`${this.path} is closed`), { code: 'EBADF' })
    this.#pending++
    try {
      return await work()
    } finally {
      this.#pending--
      if (this.#isClosing && this.#pending === 0) fs.closeSync(this.#fd)
    }
  }

  closeNow(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#pending === 0) fs.closeSync(this.#fd)
  }
}

function temporaryNameOf(path: string): string {
  return `${path}.tmp`
}

async function replace(path: string, content: Uint8Array): Promise<void> {
  const temporary = temporaryNameOf(path)
  const handle = await fs.promises.open(temporary, 'w')
  try {
    await handle.writeFile(content)
    await flushInTurn(() => handle.datasync())
  } finally {
    await handle.close()
  }
  await fs.promises.rename(temporary, path)
  await flushFolder(dirname(path))
}

async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // Windows has no handle of a folder to flush; NTFS journals renames by itself.
  const handle = await fs.promises.open(path, 'r')
  try {
    await flushInTurn(() => handle.sync())
  } finally {
    await handle.close()
  }
}

function isMissing(failure: unknown): boolean {
  return (failure as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' // Node's own errors carry the code
}

let boot: { readonly id: string | undefined } | undefined

function readBootId(): string | undefined {
  try {
    if (process.platform === 'linux') return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined
    if (process.platform !== 'darwin') return undefined // Windows has no name for it
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8', timeout: 1000 }).trim() || undefined
  } catch {
    return undefined // a sandbox may hide it: then every start is taken for one after another boot
  }
}

export const nodeDisk: Disk = {
  openNow(path, mode) {
    const fd = fs.openSync(path, openFlags[mode], 0o644)
    return new NodeFile(path, fd, fs.fstatSync(fd).size)
  },
  existsNow: path => fs.existsSync(path),
  sizeNow: path => fs.statSync(path, { throwIfNoEntry: false })?.size,
  async list(path) {
    const entries = await fs.promises.readdir(path, { withFileTypes: true })
    return entries.map((entry): DiskEntry => ({ name: entry.name, isFolder: entry.isDirectory() }))
  },
  listNow: path => fs.readdirSync(path, { withFileTypes: true }).map(entry => ({ name: entry.name, isFolder: entry.isDirectory() })),
  async makeFolder(path) {
    await fs.promises.mkdir(path, { recursive: true })
  },
  makeFolderNow: path => void fs.mkdirSync(path, { recursive: true }),
  rename: (from, to) => fs.promises.rename(from, to),
  renameNow: (from, to) => fs.renameSync(from, to),
  remove: path => fs.promises.rm(path, { recursive: true, force: true }),
  removeNow: path => fs.rmSync(path, { recursive: true, force: true }),
  async readSmall(path) {
    try {
      return await fs.promises.readFile(path)
    } catch (failure) {
      if (isMissing(failure)) return undefined
      throw failure
    }
  },
  readSmallNow(path) {
    try {
      return fs.readFileSync(path)
    } catch (failure) {
      if (isMissing(failure)) return undefined
      throw failure
    }
  },
  replace,
  replaceNow(path, content) {
    const temporary = temporaryNameOf(path)
    fs.writeFileSync(temporary, content)
    fs.renameSync(temporary, path)
  },
  flushFolder,
  async space(path) {
    const facts = await fs.promises.statfs(path)
    return { freeBytes: facts.bavail * facts.bsize, totalBytes: facts.blocks * facts.bsize }
  },
  bootId: () => (boot ??= { id: readBootId() }).id,
}
