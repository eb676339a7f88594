/**
 * better-sqlite3 for the Electron in use. Its shipped binary wants Node-API 10; an older Electron (33 has 9) gets one compiled here from the
 * package's own sources, once, kept in the cache folder, and put where the package looks first. It serves Node 24 as well.
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { askElectron, missingCompiler } from './machine.mjs'
import { cacheFolder, root } from './places.mjs'

const modules = join(root, 'node_modules')
const sqlite = join(modules, 'better-sqlite3')
/** Where better-sqlite3 looks before it takes its shipped binary. */
const installed = join(sqlite, 'build/Release/better_sqlite3.node')
const headers = join(modules, `node/node_modules/node-${process.platform}-${process.arch}/include/node`)
const NODE_API_WANTED = 10

/**
 * Makes better-sqlite3 load in `electron`.
 * @param {import('./electron-runtime.mjs').ElectronRuntime} electron
 * @param {(line: string) => void} say
 * @returns {Promise<import('./machine.mjs').Missing | undefined>}
 */
export async function nativeFor(electron, say) {
  if (Number(askElectron(electron.path, 'process.versions.napi')) >= NODE_API_WANTED) {
    rmSync(join(sqlite, 'build'), { recursive: true, force: true })
    return undefined
  }
  const compiled = join(cacheFolder(), `better-sqlite3-${fingerprint()}.node`)
  if (!existsSync(compiled)) {
    const missing = missingCompiler()
    if (missing) return missing
    say('Compiling SQLite for this Electron (once, about a minute) …')
    const failure = await compile(compiled)
    if (failure) return { is: 'missing', what: `SQLite could not be compiled for this Electron: ${failure}`, remedy: 'Update the C++ compiler to one that knows C++20.' }
  }
  install(compiled)
  return undefined
}

/** What the result depends on: the package, these flags, and the machine. */
function fingerprint() {
  const { version } = JSON.parse(readFileSync(join(sqlite, 'package.json'), 'utf8'))
  const digest = createHash('sha256').update(readFileSync(join(root, 'build/native.mjs'))).digest('hex').slice(0, 12)
  return `${version}-${process.platform}-${process.arch}-${digest}`
}

/** @param {string} compiled */
function install(compiled) {
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(compiled))) return
  mkdirSync(dirname(installed), { recursive: true })
  // Renamed into place: a process that has the old file mapped keeps it.
  const fresh = `${installed}.${process.pid}`
  copyFileSync(compiled, fresh)
  renameSync(fresh, installed)
}

/**
 * Compiles the two translation units side by side and links them.
 * @param {string} target
 * @returns {Promise<string | undefined>} why it failed
 */
async function compile(target) {
  mkdirSync(dirname(target), { recursive: true })
  const work = mkdtempSync(join(dirname(target), 'compiling-'))
  try {
    const [c, cpp, linked] = ['sqlite3.o', 'better_sqlite3.o', 'better_sqlite3.node'].map(name => join(work, name))
    const common = ['-w', '-O3', '-fPIC', '-DNDEBUG', `-I${join(sqlite, 'deps/sqlite3')}`, '-c']
    const failures = await Promise.all([
      run('gcc', ['-std=c99', ...common, ...sqliteDefines(), join(sqlite, 'deps/sqlite3/sqlite3.c'), '-o', `${c}`]),
      run('g++', ['-std=c++20', ...common, ...addonFlags(), join(sqlite, 'src/better_sqlite3.cpp'), '-o', `${cpp}`]),
    ])
    const failure = failures.find(Boolean)
      ?? await run('g++', ['-shared', '-s', '-Wl,-Bsymbolic', '-Wl,--exclude-libs,ALL', `${cpp}`, `${c}`, '-ldl', '-lpthread', '-lm', '-o', `${linked}`])
    if (failure === undefined) renameSync(`${linked}`, target)
    return failure
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The options the package compiles SQLite with, from its own list. */
function sqliteDefines() {
  return [...readFileSync(join(sqlite, 'deps/defines.gypi'), 'utf8').matchAll(/'([A-Z][A-Z0-9_]*(?:=[^']*)?)'/g)].map(match => `-D${match[1]}`)
}

/** The package's own flags, but for Node-API: "experimental" opens the newer calls that Electron 33 has without calling itself version 10. */
function addonFlags() {
  const defines = ['NODE_GYP_MODULE_NAME=better_sqlite3', 'BUILDING_NODE_EXTENSION', 'NAPI_EXPERIMENTAL', 'NODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT',
    'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS']
  return ['-fvisibility=hidden', '-fvisibility-inlines-hidden', `-I${join(modules, 'node-addon-api')}`, `-I${headers}`, ...defines.map(name => `-D${name}`)]
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string | undefined>} the first line of its complaint when it failed
 */
function run(command, args) {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', text => { complaint += text })
    child.on('error', error => resolve(error.message))
    child.on('close', code => resolve(code === 0 ? undefined : complaint.trim().split('\n')[0] || `${command} ended with ${code}`))
  })
}
