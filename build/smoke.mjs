/** The packaged app, started once: its broker answers a Kafka client's first request, and it ends cleanly when asked to. Exit code 0 when so. */

import { fail } from './on-node-24.mjs'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { unattendedSwitches } from './machine.mjs'
import { root } from './places.mjs'

const READY_MS_MAX = 60_000
const ANSWER_MS_MAX = 10_000
const END_MS_MAX = 15_000
/** ApiVersions, version 0, correlation id 7, no client id; with its length before it. */
const apiVersionsRequest = Buffer.from('0000000a0012000000000007ffff', 'hex')
/** Correlation id 7, error 0. */
const apiVersionsAnswer = '000000070000'

const folder = mkdtempSync(join(tmpdir(), 'millrace-smoke-'))
try {
  await smoke(join(root, 'release/linux-unpacked/millrace'))
} catch (error) {
  fail(`packaging smoke: ${error instanceof Error ? error.message : error}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write('packaging smoke: the packaged app started, answered ApiVersions and ended cleanly\n')

/** @param {string} program */
async function smoke(program) {
  const readyFile = join(folder, 'address')
  const app = spawn(program, [...unattendedSwitches(join(folder, 'data')), '--port=0', `--ready-file=${readyFile}`], { stdio: 'inherit' })
  const ended = new Promise(resolve => app.on('error', error => resolve(error.message)).on('exit', (code, signal) => resolve(signal ?? code)))
  try {
    const address = await Promise.race([contentOf(readyFile), ended.then(end => { throw new Error(`it ended before it was ready: ${end}`) })])
    const answer = await ask(address, apiVersionsRequest)
    if (!answer.startsWith(apiVersionsAnswer)) throw new Error(`ApiVersions was answered with ${answer}`)
    app.kill('SIGTERM')
    const end = await Promise.race([ended, wait(END_MS_MAX, 'too late', { ref: false })])
    if (end !== 0) throw new Error(`asked to end, it ended with ${end}`)
  } finally {
    app.kill('SIGKILL')
  }
}

/** @param {string} path of a file that appears whole, some time */
async function contentOf(path) {
  for (const since = performance.now(); performance.now() - since < READY_MS_MAX; await wait(50)) {
    if (existsSync(path)) return readFileSync(path, 'utf8').split('\n')[0] ?? ''
  }
  throw new Error(`it was not ready within ${READY_MS_MAX} ms`)
}

/**
 * @param {string} address host:port
 * @param {Buffer} request
 * @returns {Promise<string>} the first bytes of the answer after its length, in hex
 */
function ask(address, request) {
  const at = address.lastIndexOf(':')
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) }, () => socket.write(request))
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('no answer')))
    socket.once('data', bytes => { resolve(bytes.subarray(4, 32).toString('hex')); socket.destroy() })
    socket.once('error', reject)
  })
}
