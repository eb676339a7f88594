/** `npm run build`: dist/app (bundles of electron/ and core/) and dist/window (renderer/). Each is built only when a source changed. */

import { fail } from './on-node-24.mjs'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundles } from './bundle.mjs'
import { appFolder, root, windowFolder } from './places.mjs'

const SWAP_TRIES_MAX = 10
const parts = {
  app: { folder: appFolder, sources: ['package-lock.json', 'core', 'electron', 'build/bundle.mjs'], build: buildApp },
  window: {
    folder: windowFolder,
    sources: ['package-lock.json', ...['common', 'studio/contract', 'studio/rpc', 'expressions', 'pipelines'].map(name => `core/${name}`), 'renderer', 'vite.config.ts'],
    build: buildWindow,
  },
}

/**
 * Builds what is missing or older than its sources.
 * @param {{ force?: boolean, say?: (line: string) => void }} [options]
 */
export async function build({ force = false, say = () => {} } = {}) {
  mkdirSync(join(root, 'dist'), { recursive: true })
  for (const [name, part] of Object.entries(parts)) {
    const stamp = stampOf(part.sources)
    if (!force && isCurrent(part.folder, stamp)) continue
    const started = performance.now()
    await part.build(part.folder, say)
    writeFileSync(join(part.folder, '.stamp'), stamp)
    say(`built dist/${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

/** Whether both parts are newer than every source; costs a few milliseconds, loads no bundler. */
export function isBuilt() {
  return Object.values(parts).every(({ folder, sources }) => isCurrent(folder, stampOf(sources)))
}

/**
 * Builds in a process of its own when needed, so that the caller never holds the bundlers in memory; ends the caller when that fails.
 * @param {{ isQuiet: boolean }} options quiet: nothing is printed but faults, and those to stderr
 */
export function buildIfNeeded({ isQuiet }) {
  if (isBuilt()) return
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...(isQuiet ? ['--quiet'] : [])], { stdio: ['ignore', isQuiet ? 2 : 1, 2] })
  if (status !== 0) fail('The build failed.')
}

/**
 * @param {string} folder
 * @param {string} stamp
 */
function isCurrent(folder, stamp) {
  const path = join(folder, '.stamp')
  return existsSync(path) && readFileSync(path, 'utf8') === stamp
}

/**
 * A digest of path, size and time of every source: right also after a checkout that brings older files.
 * @param {readonly string[]} sources
 */
function stampOf(sources) {
  const hash = createHash('sha256')
  for (const source of sources) addTo(hash, source)
  return hash.digest('hex')
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function addTo(hash, path) {
  const facts = statSync(join(root, path), { throwIfNoEntry: false })
  if (!facts) return
  if (!facts.isDirectory()) return void hash.update(`${path} ${facts.size} ${facts.mtimeMs}\n`)
  for (const name of readdirSync(join(root, path)).sort()) addTo(hash, `${path}/${name}`)
}

/**
 * Bundles into a folder beside the old one and then swaps them: a reader finds the one or the other, whole.
 * @param {string} folder
 * @param {(line: string) => void} say
 */
async function buildApp(folder, say) {
  const { build: rolldown } = await import('rolldown')
  const fresh = `${folder}.${process.pid}`
  const { options, missing } = bundles(fresh)
  if (missing.length > 0) say(`left out, no source yet: ${missing.join(', ')}`)
  try {
    for (const option of options) await rolldown(option)
    swap(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** @param {string} folder */
async function buildWindow(folder) {
  const { build: vite } = await import('vite')
  const fresh = `${folder}.${process.pid}`
  if (!existsSync(join(root, 'renderer/index.html'))) return void mkdirSync(folder, { recursive: true })
  try {
    await vite({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: { outDir: fresh } })
    swap(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * Puts `fresh` in the place of `folder`. Two builds at once may both get here: the later one's stays.
 * @param {string} fresh
 * @param {string} folder
 */
function swap(fresh, folder) {
  const old = `${folder}.old.${process.pid}`
  for (let tries = 1; existsSync(fresh); tries++) {
    try {
      if (existsSync(folder)) renameSync(folder, old)
      renameSync(fresh, folder)
    } catch (error) {
      if (tries === SWAP_TRIES_MAX) throw error
    }
    rmSync(old, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const quiet = process.argv.includes('--quiet')
  try {
    await build({ force: process.argv.includes('--force'), say: quiet ? () => {} : line => process.stdout.write(`${line}\n`) })
  } catch (error) {
    // A fault of the sources: the bundler's words say where, its own stack would only hide them.
    fail(error instanceof Error ? error.message : String(error))
  }
}
