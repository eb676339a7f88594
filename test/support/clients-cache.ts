/** Where tests and benchmarks keep what they fetched or compiled once: a folder that appears whole or not at all. */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A path in the cache folder: $XDG_CACHE_HOME/millrace, or ~/.cache/millrace. */
export function cachePath(...names: string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'millrace', ...names)
}

/** The cached folder `name`, made by `make` in a folder beside it when it is missing. Two makers at once: the first to finish wins. */
export async function cachedFolder(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = cachePath(name)
  if (existsSync(folder)) return folder
  const draft = `${folder}.${randomBytes(4).toString('hex')}.draft`
  mkdirSync(draft, { recursive: true })
  try {
    await make(draft)
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

/** A short name for what was made from `content`. */
export function digestOf(...content: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of content) hash.update(part)
  return hash.digest('hex').slice(0, 12)
}
