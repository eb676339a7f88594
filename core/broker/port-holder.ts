/** Who listens on a port of this machine, where that can be known: its name and process id, as `java (4711)`. */

import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

const LISTENING = '0A'
const LSOF_MS_MAX = 2000

/** null when the system does not say: another user's process, or Windows. */
export async function portHolder(port: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxHolder(port)
  if (process.platform === 'darwin') return lsofHolder(port)
  return null
}

async function linuxHolder(port: number): Promise<string | null> {
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) for (const inode of listeningInodes(await textOf(table), port)) inodes.add(`socket:[${inode}]`)
  if (inodes.size === 0) return null
  for (const pid of (await namesIn('/proc')).filter(name => /^\d+$/.test(name))) {
    for (const descriptor of await namesIn(`/proc/${pid}/fd`)) {
      if (inodes.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return `${(await textOf(`/proc/${pid}/comm`)).trim()} (${pid})`
    }
  }
  return null
}

/** The inodes of sockets that listen on `port`, out of the text of /proc/net/tcp. */
export function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').slice(1).map(line => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === LISTENING)
    .flatMap(fields => fields[9] ?? [])
}

async function lsofHolder(port: number): Promise<string | null> {
  const found = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: LSOF_MS_MAX }).catch(() => null)
  const [, pid, name] = /^p(\d+)\nc(.+)$/m.exec(found?.stdout ?? '') ?? []
  return pid && name ? `${name} (${pid})` : null
}

/** Processes come and go while /proc is read: what is gone has no text and no entries. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => [])
