/**
 * A file of entries of one size, sorted, only ever appended to or cut: what .index, .timeindex are made of. Entries are kept in memory
 * from first use on and written in groups: an index is rebuilt from its log after a crash, so the file may lag, never lead.
 */

import type { Disk } from '../common/disk.ts'
import { openFileNow } from './open-segments.ts'
import type { Readable, Reading } from './reading.ts'

/** Entries that wait for the file: one write per 64, that is per 256 KiB of log or more. */
const UNWRITTEN_ENTRIES_MAX = 64
const FIRST_ENTRIES = 16
/** What a search in a file reads at a time. */
const PAGE_BYTES = 4096
const NO_BYTES = Buffer.alloc(0)

/** An entry found: its number, and where it stands in `bytes`, until the next search. */
export type FoundEntry = { readonly index: number; readonly bytes: Buffer; readonly at: number }

export class EntryFile {
  readonly path: string
  readonly entryBytes: number
  #disk: Disk
  #bytes: Buffer | undefined
  #count: number
  #writtenCount: number
  /** Being rebuilt: there is no file until it is complete, so that nobody takes a part of it for the whole after a crash. */
  #isRebuilt = false

  /** `count`: how many entries of the file are good; what follows them is cut with the next write. */
  constructor(disk: Disk, path: string, entryBytes: number, count: number) {
    this.#disk = disk
    this.path = path
    this.entryBytes = entryBytes
    this.#count = count
    this.#writtenCount = count
  }

  get count(): number {
    return this.#count
  }

  /** The entries as they are in the file, one after another. */
  get bytes(): Buffer {
    return this.#bytes ?? this.load()
  }

  /** Reads the entries into memory unless they are there. */
  load(): Buffer {
    if (this.#bytes) return this.#bytes
    const bytes = Buffer.alloc(Math.max(FIRST_ENTRIES, this.#count + FIRST_ENTRIES) * this.entryBytes)
    if (this.#count > 0) {
      const file = openFileNow(this.#disk, this.path, 'read')
      try {
        file.readNow(bytes.subarray(0, this.#count * this.entryBytes), 0)
      } finally {
        file.closeNow()
      }
    }
    this.#bytes = bytes
    return bytes
  }

  /** The bytes of the last entry, read alone when the others are not in memory: a look at many logs must not load their indexes. */
  readLastNow(): Buffer {
    const at = (this.#count - 1) * this.entryBytes
    if (this.#bytes) return this.#bytes.subarray(at, at + this.entryBytes)
    const entry = Buffer.alloc(this.entryBytes)
    const file = this.#disk.openNow(this.path, 'read')
    try {
      file.readNow(entry, at)
    } finally {
      file.closeNow()
    }
    return entry
  }

  get isLoaded(): boolean {
    return this.#bytes !== undefined
  }

  /**
   * The last entry that `isWithin`, where all before it are too; undefined when none is. In memory when the entries are there, else by
   * reading some pages of the file: a closed segment's index is searched now and then, and not worth its megabytes of memory.
   */
  *findLast(isWithin: (bytes: Buffer, at: number) => boolean): Reading<FoundEntry | undefined> {
    if (this.#count === 0) return undefined
    const pages = new EntryPages(this.#bytes, this.entryBytes, this.#count)
    const file = this.#bytes ? undefined : openFileNow(this.#disk, this.path, 'read')
    try {
      let low = 0
      let high = this.#count
      while (low < high) {
        const middle = (low + high) >>> 1
        if (!pages.holds(middle) && file) yield* pages.turnTo(middle, file)
        if (isWithin(pages.bytes, pages.placeOf(middle))) low = middle + 1
        else high = middle
      }
      if (low === 0) return undefined
      if (!pages.holds(low - 1) && file) yield* pages.turnTo(low - 1, file)
      return { index: low - 1, bytes: pages.bytes, at: pages.placeOf(low - 1) }
    } finally {
      file?.closeNow()
    }
  }

  /** The entry of this number, from memory or from the file; undefined when there is none. */
  *entryAt(index: number): Reading<FoundEntry | undefined> {
    if (index < 0 || index >= this.#count) return undefined
    const pages = new EntryPages(this.#bytes, this.entryBytes, this.#count)
    if (!pages.holds(index)) {
      const file = openFileNow(this.#disk, this.path, 'read')
      try {
        yield* pages.turnTo(index, file)
      } finally {
        file.closeNow()
      }
    }
    return { index, bytes: pages.bytes, at: pages.placeOf(index) }
  }

  /** Makes room for one more entry and returns where it goes in `bytes`; the caller fills it. */
  extend(): number {
    const at = this.#count * this.entryBytes
    if (at + this.entryBytes > this.bytes.length) {
      const grown = Buffer.alloc(this.bytes.length * 2)
      this.bytes.copy(grown)
      this.#bytes = grown
    }
    this.#count++
    return at
  }

  /** A group is full; the caller of `extend` has filled its entry by then. */
  get isWriteDue(): boolean {
    return this.#count - this.#writtenCount >= UNWRITTEN_ENTRIES_MAX
  }

  /** Forgets all entries and removes the file; the next `writeNow` makes it, with all there are by then. */
  rebuildNow(): void {
    this.#disk.removeNow(this.path)
    this.#count = 0
    this.#writtenCount = 0
    this.#isRebuilt = true
  }

  writeNow(): void {
    if (this.#isRebuilt) return this.#writeRebuilt()
    if (this.#count === this.#writtenCount) return
    const file = openFileNow(this.#disk, this.path, 'create')
    try {
      const from = this.#writtenCount * this.entryBytes
      if (file.size > from) file.truncateNow(from)
      file.writeNow([this.bytes.subarray(from, this.#count * this.entryBytes)], from)
    } finally {
      file.closeNow()
    }
    this.#writtenCount = this.#count
  }

  #writeRebuilt(): void {
    this.#disk.replaceNow(this.path, this.bytes.subarray(0, this.#count * this.entryBytes))
    this.#isRebuilt = false
    this.#writtenCount = this.#count
  }

  /** Keeps the first `count` entries, in memory and in the file, which it creates when it is missing. */
  cutNow(count: number): void {
    const file = openFileNow(this.#disk, this.path, 'create')
    try {
      const kept = Math.min(count, this.#writtenCount)
      if (file.size !== kept * this.entryBytes) file.truncateNow(kept * this.entryBytes)
      this.#writtenCount = kept
    } finally {
      file.closeNow()
    }
    if (count < this.#count) this.#count = count
  }

  /** Writes again what is in the file already, in place: a flush that failed may have left it out of all later ones. */
  rewriteNow(): void {
    this.writeNow()
    if (this.#count === 0) return
    const bytes = this.load().subarray(0, this.#count * this.entryBytes)
    const file = openFileNow(this.#disk, this.path, 'create')
    try {
      file.writeNow([bytes], 0)
    } finally {
      file.closeNow()
    }
  }

  async flush(): Promise<void> {
    this.writeNow()
    const file = openFileNow(this.#disk, this.path, 'create')
    try {
      await file.flush()
    } finally {
      file.closeNow()
    }
  }

  /** Writes what waits and forgets what is in memory; the next use reads the file again. Nothing for one that is being rebuilt. */
  releaseNow(): void {
    if (this.#isRebuilt) return
    this.writeNow()
    this.#bytes = undefined
  }
}

/** The entries as far as they are in memory: all of them, or the page that was read last. */
class EntryPages {
  bytes: Buffer
  readonly #entryBytes: number
  readonly #count: number
  #first = 0
  #last: number

  constructor(bytes: Buffer | undefined, entryBytes: number, count: number) {
    this.bytes = bytes ?? NO_BYTES
    this.#entryBytes = entryBytes
    this.#count = count
    this.#last = bytes ? count - 1 : -1
  }

  holds(index: number): boolean {
    return index >= this.#first && index <= this.#last
  }

  placeOf(index: number): number {
    return (index - this.#first) * this.#entryBytes
  }

  *turnTo(index: number, from: Readable): Reading<void> {
    const perPage = Math.floor(PAGE_BYTES / this.#entryBytes)
    this.#first = index - (index % perPage)
    this.#last = Math.min(this.#first + perPage, this.#count) - 1
    if (this.bytes.length === 0) this.bytes = Buffer.alloc(perPage * this.#entryBytes)
    const target = this.bytes.subarray(0, (this.#last - this.#first + 1) * this.#entryBytes)
    const count = yield { from, target, position: this.#first * this.#entryBytes }
    if (count < target.length) target.fill(0, count) // the file was cut from outside: such entries point nowhere
  }
}
