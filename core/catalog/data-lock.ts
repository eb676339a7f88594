/**
 * One process per data folder: `lock.db` is empty and held by an exclusive SQLite transaction. Nothing else may open that file:
 * closing any other descriptor of it drops its POSIX locks. The holder's process id stands in `lock.pid`, for the message only.
 */

import Database from 'better-sqlite3'
import { join } from 'node:path'
import type { Disk } from '../common/disk.ts'

export type DataLock = { release(): void }

/** The folder is in use by another process, or cannot be locked; the message names it and says what to do. */
export class DataFolderBusy extends Error {
  override readonly name = 'DataFolderBusy'
}

/** Locks a data folder for this process until `release` or the death of the process; throws DataFolderBusy. */
export function lockDataFolder(folder: string, disk: Disk, processId: number): DataLock {
  const db = openLock(folder)
  const note = join(folder, 'lock.pid')
  try {
    db.pragma('busy_timeout = 0')
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    if (!isBusy(cause)) throw cannotLock(folder, cause)
    const holder = disk.readSmallNow(note)?.toString('utf8').trim()
    throw new DataFolderBusy(`the data folder ${folder} is in use by another Millrace${holder ? ` (process ${holder})` : ''}: `
      + 'stop that one, or choose another folder with --data', { cause })
  }
  try {
    disk.replaceNow(note, Buffer.from(`${processId}\n`))
  } catch (cause) {
    db.close()
    throw cannotLock(folder, cause)
  }
  return {
    release() {
      disk.removeNow(note)
      db.exec('ROLLBACK')
      db.close()
    },
  }
}

function openLock(folder: string): Database.Database {
  try {
    return new Database(join(folder, 'lock.db'))
  } catch (cause) {
    throw cannotLock(folder, cause)
  }
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && String(cause.code).startsWith('SQLITE_BUSY')
}

function cannotLock(folder: string, cause: unknown): DataFolderBusy {
  return new DataFolderBusy(`the data folder ${folder} cannot be locked (${cause instanceof Error ? cause.message : String(cause)}): `
    + 'make it writable, free some space on its disk, or choose another folder with --data', { cause })
}
