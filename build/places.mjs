/** Where things are: the repository, what is built, what is kept between runs. */

import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's own folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** The bundles that Electron and Node run. */
export const appFolder = join(root, 'dist/app')
/** The window: what Vite makes of renderer/. */
export const windowFolder = join(root, 'dist/window')

/** The user's cache folder for Millrace: prepared Electron, compiled native modules. */
export function cacheFolder() {
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/millrace')
  if (process.platform === 'win32') return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData/Local'), 'millrace/Cache')
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'millrace')
}

/** Electron's `userData` of this app, computed as Electron does: settings live in it, and the broker's data in its `local`. */
export function appDataFolder() {
  if (process.platform === 'darwin') return join(homedir(), 'Library/Application Support/millrace')
  if (process.platform === 'win32') return join(process.env['APPDATA'] ?? join(homedir(), 'AppData/Roaming'), 'millrace')
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'millrace')
}
