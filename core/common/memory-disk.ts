/**
 * A disk in memory that fails on demand and crashes as machines do, from a seed.
 *
 * Each file keeps what was written (the page cache) and what was flushed (memory-content.ts); each folder keeps which names were
 * committed (memory-names.ts). A killed process loses nothing; a lost power supply loses or tears what was not flushed, page by page,
 * and the last changes of names. Faults are given by call and path (memory-faults.ts).
 */

import type { Disk, DiskEntry, DiskFile } from './disk.ts'
import { MemoryContent } from './memory-content.ts'
import { type DiskCall, type DiskFault, DiskFaults, failure } from './memory-faults.ts'
import { Folder, MemoryNames, type NameOrder } from './memory-names.ts'
import { type Random, seededRandom } from './random.ts'

export type { DiskFault } from './memory-faults.ts'

export type MemoryDiskOptions = {
  readonly seed?: number
  /** What a power loss may do to names: see memory-names.ts. */
  readonly names?: NameOrder
  /** Awaited within each asynchronous call, so that a simulation decides how long it takes; by default one turn. */
  readonly pause?: () => Promise<void>
}

export class MemoryDisk implements Disk {
  readonly #names: MemoryNames
  readonly #faults = new DiskFaults()
  readonly #random: Random
  readonly #pause: () => Promise<void>
  /** Folders out of reach: their disk was unplugged. */
  readonly #unplugged = new Set<string>()
  #epoch = 0
  #boots = 1
  #openFiles = 0
  flushCount = 0
  /** More files than this cannot be open at once: EMFILE. */
  openFilesMax = Infinity
  /** Files cannot hold more than this together: ENOSPC. */
  capacityBytes = Infinity

  constructor(options: MemoryDiskOptions = {}) {
    this.#random = seededRandom(options.seed ?? 1)
    this.#names = new MemoryNames(options.names ?? 'journal')
    this.#pause = options.pause ?? (() => Promise.resolve())
  }

  /** Files not closed: zero after everything was stopped. */
  get openFiles(): number {
    return this.#openFiles
  }

  /** Every file, sorted: for assertions. */
  get paths(): readonly string[] {
    return [...this.#names.files()].map(([path]) => path).sort()
  }

  get usedBytes(): number {
    let used = 0
    for (const [, content] of this.#names.files()) used += content.size
    return used
  }

  fail(fault: DiskFault): void {
    this.#faults.add(fault)
  }

  /** Ends every fault, and plugs in what was unplugged; limits stay. */
  heal(): void {
    this.#faults.clear()
    this.#unplugged.clear()
  }

  /** The folder disappears with all it holds until `heal`: nothing is found by name, open files answer EIO. */
  unplug(folder: string): void {
    this.#unplugged.add(folder)
  }

  /** Turns one bit at rest in a file whose path contains `path`; undefined when none holds anything. */
  rot(path: string): { readonly path: string; readonly position: number } | undefined {
    const files = [...this.#names.files()].filter(([name, content]) => name.includes(path) && content.size > 0)
    const [name, content] = files[this.#random.below(files.length)] ?? []
    if (name === undefined || !content) return undefined
    const bit = this.#random.below(content.size * 8)
    content.flipBit(bit)
    return { path: name, position: Math.floor(bit / 8) }
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
    this.heal()
    if (kind === 'process') return
    this.#boots++
    this.#names.losePower(this.#random)
  }

  openNow(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    this.#strike('open', path)
    if (this.#openFiles >= this.openFilesMax) throw failure('EMFILE', 'open', path)
    const place = this.#names.place(path)
    let content = place?.folder.entries.get(place.name)
    if (content instanceof Folder) throw failure('EISDIR', 'open', path)
    if (!content) {
      if (mode !== 'create' || !place) throw failure('ENOENT', 'open', path)
      this.#names.set(place, (content = new MemoryContent()))
    }
    this.#openFiles++
    return this.#handle(path, content)
  }

  #handle(path: string, content: MemoryContent): DiskFile {
    const epoch = this.#epoch
    let isOpen = true
    // As a descriptor knows it: what a failed write left behind that could not be cut is not part of it.
    let size = content.size
    const use = (call: DiskCall): void => {
      if (!isOpen || epoch !== this.#epoch) throw failure('EBADF', call, path)
      if (call !== 'write') this.#strike(call, path, 'EIO')
    }
    return {
      path,
      get size() {
        return size
      },
      writeNow: (buffers, position) => {
        use('write')
        const end = this.#write(path, content, { buffers, position, size })
        size = Math.max(size, end)
      },
      readNow: (target, position) => {
        use('read')
        return content.read(target, position)
      },
      truncateNow: to => {
        use('truncate')
        content.truncate(to)
        size = to
      },
      read: async (target, position) => {
        await this.#pause()
        use('read')
        return content.read(target, position)
      },
      flush: () => {
        if (!isOpen || epoch !== this.#epoch) return Promise.reject(failure('EBADF', 'flush', path))
        return this.#flush(path, content)
      },
      closeNow: () => {
        if (isOpen && epoch === this.#epoch) this.#openFiles--
        isOpen = false
      },
    }
  }

  /** Writes all, or a part that is then cut off again when the disk lets us, as `node-disk.ts` does; returns the end. */
  #write(path: string, content: MemoryContent, o: { readonly buffers: readonly Uint8Array[]; readonly position: number; readonly size: number }): number {
    const byteCount = o.buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    const end = o.position + byteCount
    const room = this.capacityBytes === Infinity ? Infinity : Math.max(0, this.capacityBytes - this.usedBytes) + content.size - o.position
    const code = this.#faultOf('write', path, 'EIO') ?? (end > content.size && byteCount > room ? 'ENOSPC' : undefined)
    if (code === undefined) {
      content.write(o.buffers, o.position)
      return end
    }
    const part = this.#isUnplugged(path) ? 0 : Math.min(this.#random.below(byteCount + 1), Math.max(0, room))
    content.write([Buffer.concat(o.buffers).subarray(0, part)], o.position)
    if (this.#faultOf('truncate', path, 'EIO') === undefined && content.size > o.size) content.truncate(o.size)
    throw failure(code, 'write', path)
  }

  async #flush(path: string, content: MemoryContent): Promise<void> {
    const epoch = this.#epoch
    const upTo = content.snapshot()
    await this.#pause()
    if (epoch !== this.#epoch) throw failure('EBADF', 'flush', path)
    const gone = this.#isUnplugged(path) ? { code: 'EIO', dropsPages: true } : undefined
    const fault = gone ?? this.#faults.due('flush', path)
    if (fault?.dropsPages) content.dropPages()
    if (fault) throw failure(fault.code, 'flush', path)
    content.flushed(upTo)
    this.flushCount++
  }

  /** Throws when a fault is due for this call. */
  #strike(call: DiskCall, path: string, goneCode = 'ENOENT'): void {
    const code = this.#faultOf(call, path, goneCode)
    if (code !== undefined) throw failure(code, call, path)
  }

  #faultOf(call: DiskCall, path: string, goneCode: string): string | undefined {
    return this.#isUnplugged(path) ? goneCode : this.#faults.due(call, path)?.code
  }

  #isUnplugged(path: string): boolean {
    for (const folder of this.#unplugged) if (path === folder || path.startsWith(`${folder}/`)) return true
    return false
  }

  existsNow(path: string): boolean {
    return !this.#isUnplugged(path) && this.#names.find(path) !== undefined
  }

  sizeNow(path: string): number | undefined {
    const node = this.#isUnplugged(path) ? undefined : this.#names.find(path)
    return node instanceof Folder ? 0 : node?.size
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    await this.#pause()
    return this.listNow(path)
  }

  listNow(path: string): readonly DiskEntry[] {
    this.#strike('list', path)
    const folder = this.#names.find(path)
    if (!(folder instanceof Folder)) throw failure('ENOENT', 'list', path)
    return [...folder.entries].map(([name, node]) => ({ name, isFolder: node instanceof Folder }))
  }

  async makeFolder(path: string): Promise<void> {
    this.makeFolderNow(path)
  }

  makeFolderNow(path: string): void {
    this.#strike('open', path)
    if (!this.#names.makeFolder(path)) throw failure('EEXIST', 'mkdir', path)
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameNow(from, to)
  }

  renameNow(from: string, to: string): void {
    this.#strike('rename', from)
    const source = this.#names.place(from)
    const target = this.#names.place(to)
    const node = source?.folder.entries.get(source.name)
    if (!source || !target || !node) throw failure('ENOENT', 'rename', from)
    if (node instanceof Folder && target.folder.entries.has(target.name)) throw failure('ENOTEMPTY', 'rename', to)
    this.#names.move(source, target)
  }

  async remove(path: string): Promise<void> {
    this.removeNow(path)
  }

  removeNow(path: string): void {
    const place = this.#names.place(path)
    if (!place?.folder.entries.has(place.name)) return
    this.#strike('remove', path)
    this.#names.set(place, undefined)
  }

  async readSmall(path: string): Promise<Buffer | undefined> {
    return this.readSmallNow(path)
  }

  readSmallNow(path: string): Buffer | undefined {
    const content = this.#isUnplugged(path) ? undefined : this.#names.find(path)
    if (!content || content instanceof Folder) return undefined
    this.#strike('read', path)
    const bytes = Buffer.alloc(content.size)
    content.read(bytes, 0)
    return bytes
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const epoch = this.#epoch
    const temporary = `${path}.tmp`
    await this.#flush(temporary, this.#writeSmall(temporary, bytes))
    if (epoch !== this.#epoch) throw failure('EBADF', 'rename', path) // a crash may have come before this turn
    this.renameNow(temporary, path)
    await this.#pause()
    if (epoch !== this.#epoch) throw failure('EBADF', 'flush', path)
    await this.flushFolder(folderOf(path))
  }

  replaceNow(path: string, bytes: Uint8Array): void {
    this.#writeSmall(`${path}.tmp`, bytes)
    this.renameNow(`${path}.tmp`, path)
  }

  #writeSmall(path: string, bytes: Uint8Array): MemoryContent {
    this.#strike('open', path)
    const place = this.#names.place(path)
    if (!place) throw failure('ENOENT', 'open', path)
    const content = new MemoryContent()
    this.#names.set(place, content)
    this.#write(path, content, { buffers: [bytes], position: 0, size: 0 })
    return content
  }

  async flushFolder(path: string): Promise<void> {
    this.#strike('flush', path)
    const folder = this.#names.find(path)
    if (!(folder instanceof Folder)) throw failure('ENOENT', 'flush', path)
    this.#names.flush(folder)
  }

  /** An orderly restart of the machine: everything written is on the disk, but for what a failed flush gave up, and the boot id is another. */
  reboot(): void {
    this.#boots++
    this.#names.settle()
  }

  bootId(): string | undefined {
    return `boot-${this.#boots}`
  }

  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    if (this.capacityBytes === Infinity) return { freeBytes: 1e12, totalBytes: 2e12 }
    return { freeBytes: Math.max(0, this.capacityBytes - this.usedBytes), totalBytes: this.capacityBytes }
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
