/**
 * The scan thread: reads segments read-only and decodes records for the window, and does the log's slow work (architecture rule 9).
 * Ended by `terminate`.
 */

import { parentPort } from 'node:worker_threads'
import { assert } from '../common/assert.ts'
import { systemClock } from '../common/clock.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { systemRandom } from '../common/random.ts'
import type { BatchRules } from '../log/batch-validation.ts'
import type { CleanJob } from '../log/cleaner/clean-job.ts'
import { inProcessWork } from '../log/slow-work.ts'
import { type ScanRequest, Scanner } from '../studio/scan/scan.ts'
import type { FromScanThread, ToScanThread } from './scan-messages.ts'

assert(parentPort, 'this file runs in a worker')
const port = parentPort
const scanner = new Scanner(nodeDisk)
const work = inProcessWork({ disk: nodeDisk, clock: systemClock, random: systemRandom })
const cleaning = new Map<number, AbortController>()

port.on('message', (message: ToScanThread) => {
  perform(message).catch((error: unknown) => {
    post({ id: message.id, is: 'bug', bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }, [])
  })
})

function perform(message: ToScanThread): Promise<void> {
  switch (message.is) {
    case 'ask':
      return ask(message.id, message.request)
    case 'check':
      return check(message.id, message.batch, message.rules)
    case 'clean':
      return clean(message.id, message.job)
    case 'stop-clean':
      cleaning.get(message.id)?.abort()
      return Promise.resolve()
    default:
      return message satisfies never
  }
}

async function ask(id: number, request: ScanRequest): Promise<void> {
  const answer = await scanner.ask(request)
  post({ id, is: 'answer', answer }, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : []) // the encoder's own, never shared
}

async function check(id: number, bytes: Uint8Array, rules: BatchRules): Promise<void> {
  const checked = await work.check(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), rules)
  if (!Buffer.isBuffer(checked)) return post({ id, is: 'refused', refusal: checked }, [])
  const batch = ownBytes(checked)
  post({ id, is: 'accepted', batch }, [batch.buffer])
}

async function clean(id: number, job: CleanJob): Promise<void> {
  const abort = new AbortController()
  cleaning.set(id, abort)
  try {
    const result = await work.clean(job, { signal: abort.signal, onProgress: progress => post({ id, is: 'progress', progress }, []) })
    post({ id, is: 'cleaned', result }, [])
  } finally {
    cleaning.delete(id)
  }
}

/** Bytes that share their buffer with nothing else, and may be moved to another thread. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return new Uint8Array(buffer)
  return new Uint8Array(bytes)
}

function post(message: FromScanThread, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer)
}
