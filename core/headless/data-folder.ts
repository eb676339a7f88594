/** Where `millrace serve` keeps its data when no folder is named: a temporary one, removed at exit or by the next start. */

import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Disk } from '../common/disk.ts'
import type { Random } from '../common/random.ts'

const PREFIX = 'millrace-serve-'

/** A new temporary folder whose name carries the process id. */
export function temporaryFolder(disk: Disk, random: Random, processId: number): string {
  const folder = join(tmpdir(), `${PREFIX}${processId}-${random.bytes(4).toString('hex')}`)
  disk.makeFolderNow(folder)
  return folder
}

/** Removes temporary folders of processes that are gone: they were killed before they could. Rejects when some could not be removed. */
export async function removeAbandoned(disk: Disk): Promise<void> {
  const failures: unknown[] = []
  for (const { name, isFolder } of await disk.list(tmpdir())) {
    const owner = isFolder ? new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1] : undefined
    if (owner !== undefined && !isAlive(Number(owner))) await disk.remove(join(tmpdir(), name)).catch((cause: unknown) => failures.push(cause))
  }
  if (failures.length > 0) throw failures[0]
}

/** The folder that the app uses, so that the command line finds the same topics (Electron's userData, plus `local`). */
export function appDataFolder(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'millrace', 'local')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'millrace', 'local')
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'millrace', 'local')
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}
