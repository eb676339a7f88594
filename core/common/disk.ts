/**
 * The disk, in two halves. The `…Now` methods work in the page cache, synchronously (microseconds); the others are promises on the
 * thread pool. `node-disk.ts` is the real one, `memory-disk.ts` the simulated one with seeded faults; both implement all of it.
 */

export type DiskEntry = { readonly name: string; readonly isFolder: boolean }

/** Errors carry Node's own codes in `code`: ENOENT, EACCES, ENOSPC, EIO … */
export interface Disk {
  /** Opens a file; 'create' makes it when it is missing, 'write' and 'read' refuse with ENOENT. */
  openNow(path: string, mode: 'read' | 'write' | 'create'): DiskFile
  existsNow(path: string): boolean
  /** Size in bytes, or undefined when there is no such file. */
  sizeNow(path: string): number | undefined
  /** Entries of a folder, in no order; ENOENT when it is missing. */
  list(path: string): Promise<readonly DiskEntry[]>
  listNow(path: string): readonly DiskEntry[]
  /** Makes a folder and its parents; no error when it exists. */
  makeFolder(path: string): Promise<void>
  makeFolderNow(path: string): void
  rename(from: string, to: string): Promise<void>
  renameNow(from: string, to: string): void
  /** Removes a file or a whole folder; no error when it is missing. */
  remove(path: string): Promise<void>
  removeNow(path: string): void
  /** The whole content of a small file; undefined when it is missing. */
  readSmall(path: string): Promise<Buffer | undefined>
  readSmallNow(path: string): Buffer | undefined
  /** Replaces a small file: written beside it, flushed, renamed, folder flushed. */
  replace(path: string, content: Uint8Array): Promise<void>
  /** As `replace`, without the flushes: survives the death of the process, not of the machine. */
  replaceNow(path: string, content: Uint8Array): void
  /** Makes renames and new files of a folder durable. */
  flushFolder(path: string): Promise<void>
  /** Free and total bytes of the file system that holds `path`. */
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>
  /**
   * Names the start of the machine: while it is the same, the page cache holds what any process had written, flushed or not. Undefined
   * where the system does not tell: to be taken for another start.
   */
  bootId(): string | undefined
}

export interface DiskFile {
  readonly path: string
  /** Bytes in the file, kept by the handle: no system call. */
  readonly size: number
  /** Writes all of `buffers` at `position`, or throws with nothing claimed. */
  writeNow(buffers: readonly Uint8Array[], position: number): void
  /** Fills `target` from `position`; returns the bytes read, fewer only at the end of the file. */
  readNow(target: Uint8Array, position: number): number
  truncateNow(size: number): void
  read(target: Uint8Array, position: number): Promise<number>
  /** Makes what was written durable (fdatasync). At most two flushes of a disk run at a time. */
  flush(): Promise<void>
  closeNow(): void
}
