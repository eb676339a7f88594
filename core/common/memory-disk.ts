/**
 * A disk in memory that fails on demand and crashes as machines do, from a seed.
 *
 * Each file keeps what was written (the page cache) and what was flushed; each name keeps whether its folder was flushed. A killed
 * process loses nothing; a lost power supply loses or tears what was not flushed, page by page, and a random tail of the renames.
 */

import type { Disk, DiskEntry, DiskFile } from './disk.ts'
import { MemoryContent } from './memory-content.ts'
import { type Random, seededRandom } from './random.ts'

export type DiskFault = {
  readonly call: 'write' | 'flush' | 'read' | 'open' | 'rename'
  /** As Node names it: ENOSPC, EIO … */
  readonly code: string
  /** Only paths that contain this. */
  readonly path?: string
  /** Calls that still succeed before it strikes. */
  readonly after?: number
  /** How often it strikes; without it, until `heal`. */
  readonly times?: number
}

type Names = Map<string, MemoryContent>
type Change = { readonly folder: string; apply(names: Names): void }

export class MemoryDisk implements Disk {
  #names: Names = new Map()
  #durableNames: Names = new Map()
  #folders = new Set<string>(['', '/', '.'])
  /** Renames, creations and removals whose folder was not flushed since, in order. */
  #changes: Change[] = []
  #faults: { fault: DiskFault; calls: number; struck: number }[] = []
  #random: Random
  #epoch = 0
  #openFiles = 0
  flushCount = 0

  constructor(options: { readonly seed?: number } = {}) {
    this.#random = seededRandom(options.seed ?? 1)
  }

  /** Files not closed: zero after everything was stopped. */
  get openFiles(): number {
    return this.#openFiles
  }

  /** Every file, sorted: for assertions. */
  get paths(): readonly string[] {
    return [...this.#names.keys()].sort()
  }

  fail(fault: DiskFault): void {
    this.#faults.push({ fault, calls: 0, struck: 0 })
  }

  heal(): void {
    this.#faults = []
  }

  /** The disk as one process sees it: after a crash every call of it fails, so that what the process had still under way changes nothing. */
  session(): Disk {
    const epoch = this.#epoch
    return new Proxy<Disk>(this, {
      get: (_, name) => {
        const member: unknown = Reflect.get(this, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          if (epoch !== this.#epoch) throw failure('EBADF', String(name), String(args[0]))
          return Reflect.apply(member, this, args)
        }
      },
    })
  }

  /** Open files die. 'process': all that was written stays; 'power': what was not flushed is lost, torn or kept, page by page. */
  crash(kind: 'process' | 'power'): void {
    this.#epoch++
    this.#openFiles = 0
    this.#faults = []
    if (kind === 'process') return
    const names = new Map(this.#durableNames)
    for (const change of this.#changes.slice(0, this.#random.below(this.#changes.length + 1))) change.apply(names)
    for (const content of new Set(names.values())) content.losePower(this.#random)
    this.#names = names
    this.#durableNames = new Map(names)
    this.#changes = []
  }

  openNow(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    this.strike('open', path)
    let content = this.#names.get(path)
    if (!content) {
      if (mode !== 'create') throw failure('ENOENT', 'open', path)
      this.#requireFolder(folderOf(path), path)
      content = new MemoryContent()
      this.#set(path, content)
    }
    this.#openFiles++
    return this.#handle(path, content)
  }

  #handle(path: string, content: MemoryContent): DiskFile {
    const epoch = this.#epoch
    let isOpen = true
    const use = (call: DiskFault['call']): MemoryContent => {
      if (!isOpen || epoch !== this.#epoch) throw failure('EBADF', call, path)
      this.strike(call, path)
      return content
    }
    return {
      path,
      get size() {
        return content.size
      },
      writeNow: (buffers, position) => use('write').write(buffers, position),
      readNow: (target, position) => use('read').read(target, position),
      truncateNow: size => use('write').truncate(size),
      read: async (target, position) => {
        await Promise.resolve()
        return use('read').read(target, position)
      },
      flush: async () => {
        const held = use('flush')
        const upTo = held.snapshot()
        await Promise.resolve()
        if (epoch !== this.#epoch) throw failure('EBADF', 'flush', path)
        held.flushed(upTo)
        this.flushCount++
      },
      closeNow: () => {
        if (isOpen && epoch === this.#epoch) this.#openFiles--
        isOpen = false
      },
    }
  }

  /** Throws when a fault is due for this call. */
  strike(call: DiskFault['call'], path: string): void {
    for (const entry of this.#faults) {
      const { fault } = entry
      if (fault.call !== call || (fault.path !== undefined && !path.includes(fault.path))) continue
      if (entry.calls++ < (fault.after ?? 0) || entry.struck >= (fault.times ?? Infinity)) continue
      entry.struck++
      throw failure(fault.code, call, path)
    }
  }

  #requireFolder(folder: string, path: string): void {
    if (!this.#folders.has(folder)) throw failure('ENOENT', 'open', path)
  }

  #set(path: string, content: MemoryContent): void {
    this.#change(folderOf(path), names => void names.set(path, content))
  }

  #change(folder: string, apply: (names: Names) => void): void {
    apply(this.#names)
    this.#changes.push({ folder, apply })
  }

  existsNow(path: string): boolean {
    return this.#names.has(path) || this.#folders.has(path)
  }

  sizeNow(path: string): number | undefined {
    return this.#names.get(path)?.size
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    if (!this.#folders.has(path)) throw failure('ENOENT', 'list', path)
    const prefix = `${path}/`
    const files = [...this.#names.keys()].filter(name => folderOf(name) === path).map(name => ({ name: name.slice(prefix.length), isFolder: false }))
    const folders = [...this.#folders].filter(name => name.startsWith(prefix) && folderOf(name) === path)
    return [...files, ...folders.map(name => ({ name: name.slice(prefix.length), isFolder: true }))]
  }

  async makeFolder(path: string): Promise<void> {
    this.makeFolderNow(path)
  }

  makeFolderNow(path: string): void {
    for (let folder = path; folder !== '' && !this.#folders.has(folder); folder = folderOf(folder)) this.#folders.add(folder)
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameNow(from, to)
  }

  renameNow(from: string, to: string): void {
    this.strike('rename', from)
    const content = this.#names.get(from)
    if (content) {
      this.#requireFolder(folderOf(to), to)
      this.#change(folderOf(to), names => moveName(names, from, to))
      return
    }
    if (!this.#folders.has(from)) throw failure('ENOENT', 'rename', from)
    if (this.#folders.has(to)) throw failure('ENOTEMPTY', 'rename', to)
    // Folders move at once and for good: losing that to a power cut is not simulated.
    for (const folder of Array.from(this.#folders)) {
      if (folder !== from && !folder.startsWith(`${from}/`)) continue
      this.#folders.delete(folder)
      this.#folders.add(to + folder.slice(from.length))
    }
    const moveAll = (names: Names): void => {
      for (const name of Array.from(names.keys())) if (name.startsWith(`${from}/`)) moveName(names, name, to + name.slice(from.length))
    }
    for (const change of this.#changes) change.apply(this.#durableNames)
    this.#changes = []
    moveAll(this.#names)
    moveAll(this.#durableNames)
  }

  async remove(path: string): Promise<void> {
    this.removeNow(path)
  }

  removeNow(path: string): void {
    if (this.#names.has(path)) return this.#change(folderOf(path), names => void names.delete(path))
    if (!this.#folders.has(path)) return
    for (const folder of this.#folders) if (folder === path || folder.startsWith(`${path}/`)) this.#folders.delete(folder)
    this.#change(folderOf(path), names => {
      for (const name of names.keys()) if (name.startsWith(`${path}/`)) names.delete(name)
    })
  }

  async readSmall(path: string): Promise<Buffer | undefined> {
    return this.readSmallNow(path)
  }

  readSmallNow(path: string): Buffer | undefined {
    const content = this.#names.get(path)
    if (!content) return undefined
    this.strike('read', path)
    const bytes = Buffer.alloc(content.size)
    content.read(bytes, 0)
    return bytes
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    this.strike('flush', path)
    this.#replace(path, bytes, true)
    await Promise.resolve()
    await this.flushFolder(folderOf(path))
  }

  replaceNow(path: string, bytes: Uint8Array): void {
    this.#replace(path, bytes, false)
  }

  #replace(path: string, bytes: Uint8Array, isFlushed: boolean): void {
    this.strike('write', path)
    this.#requireFolder(folderOf(path), path)
    const content = new MemoryContent()
    content.write([bytes], 0)
    if (isFlushed) content.flushed(content.snapshot())
    this.#set(path, content)
  }

  async flushFolder(path: string): Promise<void> {
    this.strike('flush', path)
    const kept: Change[] = []
    for (const change of this.#changes) {
      if (change.folder === path) change.apply(this.#durableNames)
      else kept.push(change)
    }
    this.#changes = kept
  }

  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return { freeBytes: 1e12, totalBytes: 2e12 }
  }
}

function moveName(names: Names, from: string, to: string): void {
  const content = names.get(from)
  if (!content) return
  names.delete(from)
  names.set(to, content)
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function failure(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, path, syscall: call })
}
