/**
 * `npm start`: opens the app. Where its window cannot be had (no display, no Electron, a library or compiler that lacks), says which and
 * what to do, and runs the same engine headless with the window as a web page, on the same data.
 */

import { becomeProgram } from './on-node-24.mjs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildIfNeeded } from './build.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { isRoot, missingDisplay, missingLibraries, missingSandbox } from './machine.mjs'
import { nativeFor } from './native.mjs'
import { appDataFolder, appFolder, root } from './places.mjs'

const say = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`)
/** An Electron that ends with a fault this soon never showed a window: the system lacks something its libraries did not tell. */
const EARLY_MS = 10_000
/** What the app ends with when it has said itself why it cannot start; running headless would meet the same. */
const REFUSED = 2

buildIfNeeded({ isQuiet: false })
const electron = await windowedElectron()
if (electron.is === 'missing') await runHeadless(electron)
else await runApp(electron)

/** An Electron that can show a window here, or the first thing that keeps it from doing so. */
async function windowedElectron() {
  const display = await missingDisplay()
  if (display) return display
  const electron = await electronRuntime(say)
  if (electron.is === 'missing') return electron
  return missingLibraries(electron.path) ?? missingSandbox() ?? await nativeFor(electron, say) ?? electron
}

/** @param {import('./electron-runtime.mjs').ElectronRuntime} electron */
async function runApp({ path }) {
  // Chromium's own lines about the machine (no D-Bus, no GPU) are no faults of ours.
  const args = ['--log-level=3', ...(isRoot() ? ['--no-sandbox'] : []), root, ...process.argv.slice(2)]
  if (isRoot()) say('Running as root, where Chromium cannot sandbox the window: started with --no-sandbox.')
  const { ELECTRON_RUN_AS_NODE: _, ...environment } = process.env
  const startedAt = performance.now()
  const child = spawn(path, args, { stdio: 'inherit', env: environment })
  let isAsked = false
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => { isAsked = true; child.kill(signal) })
  const end = await new Promise(resolve => child.on('error', error => resolve(error.message)).on('exit', (code, signal) => resolve(signal ?? code)))
  const isEarly = performance.now() - startedAt < EARLY_MS
  if (end === 0 || end === REFUSED || isAsked || !isEarly) process.exit(typeof end === 'number' ? end : 1)
  await runHeadless({ is: 'missing', what: `Electron ended at once (${end}).`, remedy: 'What it printed above says what it lacks.' })
}

/** @param {import('./machine.mjs').Missing} missing */
async function runHeadless({ what, remedy }) {
  say(`No window: ${what}`)
  say(`To have it: ${remedy}`)
  say('Running headless instead; the same window is a web page, its address is below.')
  await becomeProgram(process.execPath, [join(appFolder, 'millrace.js'), 'serve', '--http', '127.0.0.1:0', '--data', join(appDataFolder(), 'local'), ...process.argv.slice(2)])
}
