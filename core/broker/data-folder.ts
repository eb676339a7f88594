/** Whether a data folder can be used, found out before anything in it is changed. */

import { join } from 'node:path'
import type { Disk } from '../common/disk.ts'
import { refuseNewerLogs } from '../log/log-directory.ts'

/** The folder cannot be used; the message names it and says what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
}

/** What a start writes at least: the catalog with its write-ahead log, the lock, meta.properties. */
const START_BYTES = 256 * 1024
const PROBE = 'start.tmp'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full: free some space',
  EDQUOT: 'your share of its disk is used up: free some space',
  EACCES: 'it is not writable: change its permissions',
  EPERM: 'it is not writable: change its permissions',
  EROFS: 'its file system is read-only: make it writable',
  EEXIST: 'it is not a folder: move the file away',
  ENOTDIR: 'a file stands where a folder should be: move it away',
}

/** Makes the folder when it is missing. Throws DataFolderError, or LogDirectoryError for a newer format, with nothing changed. */
export function prepareDataFolder(folder: string, disk: Disk): void {
  const logs = join(folder, 'logs')
  const isNew = !disk.existsNow(folder)
  try {
    refuseNewerLogs(logs, disk)
    disk.makeFolderNow(folder)
    probe(join(folder, PROBE), disk)
  } catch (cause) {
    if (isNew) removeQuietly(folder, disk)
    throw asDataFolderError(folder, cause)
  }
}

/** An error of the system, told as one of this folder; any other as it is. */
export function asDataFolderError(folder: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = reasons[code]
  if (reason === undefined) return cause
  return new DataFolderError(`the data folder ${folder} cannot be used (${code}), ${reason}, or choose another folder with --data`, { cause })
}

function probe(path: string, disk: Disk): void {
  try {
    const file = disk.openNow(path, 'create')
    try {
      file.writeNow([Buffer.alloc(START_BYTES)], 0)
    } finally {
      file.closeNow()
    }
  } finally {
    removeQuietly(path, disk)
  }
}

function removeQuietly(path: string, disk: Disk): void {
  try {
    disk.removeNow(path)
  } catch {
    // What kept us from using the folder is what is reported.
  }
}
