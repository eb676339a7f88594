/**
 * `npm run dev`: the app with its window from Vite's development server (edits of renderer/ show at once) and its bundles watched (an edit of
 * core/ or electron/ starts the app again, engine and all). Without a display: `millrace serve` with the window as a web page, both watched.
 */

import './on-node-24.mjs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { watch } from 'rolldown'
import { build, createServer } from 'vite'
import { bundles } from './bundle.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { isRoot, missingDisplay, missingLibraries } from './machine.mjs'
import { nativeFor } from './native.mjs'
import { appFolder, cacheFolder, root, windowFolder } from './places.mjs'

const say = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`)
const configFile = join(root, 'vite.config.ts')
/** Its own, so that an app that is installed or started beside it keeps its data to itself. */
const dataFolder = join(cacheFolder(), 'dev')

/** @type {import('node:child_process').ChildProcess | undefined} */
let running
const program = await missingDisplay() ? await headless() : await windowed()
await watchBundles(() => restart(program))
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => void end(running).then(() => process.exit(0)))

/** @typedef {{ readonly path: string, readonly args: readonly string[], readonly env: NodeJS.ProcessEnv }} Program */

/** @returns {Promise<Program>} */
async function windowed() {
  const electron = await electronRuntime(say)
  const missing = electron.is === 'missing' ? electron : missingLibraries(electron.path) ?? await nativeFor(electron, say)
  if (missing || electron.is === 'missing') throw new Error(`${missing?.what} ${missing?.remedy}`)
  const server = await createServer({ configFile })
  await server.listen()
  const url = server.resolvedUrls?.local[0]
  const args = [`--user-data-dir=${dataFolder}`, '--log-level=3', ...(isRoot() ? ['--no-sandbox'] : []), root, ...process.argv.slice(2)]
  return { path: electron.path, args, env: { ...process.env, MILLRACE_WINDOW_URL: url } }
}

/** @returns {Promise<Program>} */
async function headless() {
  say('No display: the window is a web page, built anew on each edit; reload it in the browser.')
  await build({ configFile, logLevel: 'warn', build: { outDir: windowFolder, watch: {} } })
  const args = [join(appFolder, 'millrace.js'), 'serve', '--http', '127.0.0.1:0', '--data', join(dataFolder, 'local'), ...process.argv.slice(2)]
  return { path: process.execPath, args, env: process.env }
}

/** @param {() => void} onBuilt called after each build without faults */
async function watchBundles(onBuilt) {
  const watcher = watch(bundles(appFolder).options)
  let hasFault = false
  watcher.on('event', event => {
    if (event.code === 'START') hasFault = false
    if (event.code === 'ERROR') hasFault = true
    if (event.code === 'ERROR') say(event.error.message)
    if (event.code === 'BUNDLE_END' || event.code === 'ERROR') void event.result.close()
    if (event.code === 'END' && !hasFault) onBuilt()
  })
}

/** @param {Program} program */
async function restart({ path, args, env }) {
  const previous = running
  running = undefined
  await end(previous)
  const child = spawn(path, args, { stdio: 'inherit', env })
  running = child
  // The user closed the window: that ends the development session too.
  child.on('exit', () => { if (running === child) process.exit(0) })
}

/**
 * Ends a program and waits for it, so that the next one finds the data folder free.
 * @param {import('node:child_process').ChildProcess | undefined} child
 */
function end(child) {
  if (!child || child.exitCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}
