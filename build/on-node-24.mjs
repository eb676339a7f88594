/**
 * Imported first by every script: goes on when this is Node 24 or newer, else starts the script again in the Node that `npm ci`
 * installed. Its importers wait for it, so nothing of theirs runs in the old Node.
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './places.mjs'

const NODE_MAJOR_WANTED = 24

/** The Node 24 that `npm ci` installs; undefined when its install step did not run. */
export function bundledNode() {
  const path = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(path) ? path : undefined
}

export const remedy = existsSync(join(root, 'node_modules'))
  ? 'The Node 24 that comes with the dependencies is not there, because npm did not run the install step of its package `node`: run `npm rebuild node --ignore-scripts=false` and try again.'
  : 'The dependencies are not installed: run `npm ci` first.'

/**
 * Runs a program in the foreground with this process's streams, hands it the signals this process gets, and ends as it ended.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<never>}
 */
export function becomeProgram(program, args) {
  const child = spawn(program, args, { stdio: 'inherit' })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  return new Promise(() => {
    child.on('error', error => fail(`${program} did not start: ${error.message}`))
    child.on('exit', (code, signal) => {
      if (signal) process.removeAllListeners(signal)
      if (signal) process.kill(process.pid, signal)
      else process.exit(code ?? 1)
    })
  })
}

/**
 * @param {string} sentence
 * @returns {never}
 */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_WANTED) {
  const node = bundledNode()
  if (!node) fail(remedy)
  await becomeProgram(node, process.argv.slice(1))
}
