/**
 * `npm test`: everything. Builds, gets ready what the tests in real Electron need, runs every project (or what the arguments say, as for
 * vitest), and ends with one line "N passed, N failed, N skipped". What this machine lacks is skipped with the line that installs it;
 * with CI set it is a failure.
 */

import './on-node-24.mjs'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfNeeded } from './build.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { missingLibraries, missingSandbox } from './machine.mjs'
import { nativeFor } from './native.mjs'
import { root } from './places.mjs'

const isCi = Boolean(process.env['CI'])
const say = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`)

process.exit(await main())

async function main() {
  buildIfNeeded({ isQuiet: false })
  const missing = await electronForTests()
  const environment = { ...process.env, ...(missing && { MILLRACE_NO_ELECTRON: `${missing.what} To run them: ${missing.remedy}` }) }
  if (missing && !isCi) say(`skipped: tests in real Electron. ${missing.what} To run them: ${missing.remedy}`)
  if (missing && isCi) say(`failed: CI must run the tests in real Electron. ${missing.what} ${missing.remedy}`)
  const { code, totals } = await runVitest(process.argv.slice(2), environment)
  // An end of vitest's with a fault that is no test's (a file that did not load, say) is a failure all the same.
  const failed = (code !== 0 ? Math.max(totals.failed, 1) : totals.failed) + (missing && isCi ? 1 : 0)
  say(`${totals.passed} passed, ${failed} failed, ${totals.skipped} skipped`)
  return failed === 0 ? 0 : 1
}

/** @returns {Promise<import('./machine.mjs').Missing | undefined>} what keeps Electron from running here, once all that can be got is there */
async function electronForTests() {
  const electron = await electronRuntime(say)
  if (electron.is === 'missing') return electron
  return missingLibraries(electron.path) ?? missingSandbox() ?? await nativeFor(electron, say)
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<{ code: number, totals: import('./totals-reporter.mjs').Totals }>}
 */
async function runVitest(args, environment) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const path = join(folder, 'totals.json')
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', `--reporter=${join(root, 'build/totals-reporter.mjs')}`, ...args]
  const child = spawn(process.execPath, vitest, { cwd: root, stdio: 'inherit', env: { ...environment, MILLRACE_TOTALS: path } })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
  const code = await new Promise(resolve => child.on('close', code => resolve(code ?? 1)))
  try {
    // Without totals vitest never came to the end of its run: one failure.
    return { code, totals: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: 1, skipped: 0 } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
