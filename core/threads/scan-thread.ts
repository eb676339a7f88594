/**
 * The scan thread as the studio and the log use it: one worker for both, started on first use and started again when it died. Nobody
 * pays for a thread that nobody needs.
 */

import type { Worker } from 'node:worker_threads'
import type { Logger } from '../common/logger.ts'
import type { BatchRules, Refusal } from '../log/batch-validation.ts'
import type { CleanJob, CleanResult, CleanWatch } from '../log/cleaner/clean-job.ts'
import type { SlowWork } from '../log/slow-work.ts'
import { StudioError } from '../studio/rpc/studio-error.ts'
import type { Scan, ScanAnswer, ScanRequest } from '../studio/scan/scan.ts'
import type { FromScanThread, ToScanThread } from './scan-messages.ts'

/** What to do with an answer, and when the thread dies or is stopped (`cause` is null) before one came. */
type Pending = { settle(answer: FromScanThread): void; lost(cause: unknown): void }
type Check = { readonly batch: Buffer; readonly rules: BatchRules; readonly resolve: (checked: Buffer | Refusal) => void; readonly reject: (bug: Error) => void }

/** Checks the thread is given at a time: one that it works on and one so that it need not wait. Others wait here, uncopied. */
const CHECKS_GIVEN_MAX = 2

export class ScanThread implements Scan, SlowWork {
  readonly #startWorker: () => Worker
  readonly #logger: Logger
  readonly #pending = new Map<number, Pending>()
  readonly #checks: Check[] = []
  #checksGiven = 0
  #worker: Worker | null = null
  #lastId = 0
  #isStopped = false

  constructor(options: { readonly startWorker: () => Worker; readonly logger: Logger }) {
    this.#startWorker = options.startWorker
    this.#logger = options.logger
  }

  /** Rejects with StudioError UNAVAILABLE when the thread dies under the request; the next request starts it again. */
  ask(request: ScanRequest): Promise<ScanAnswer> {
    if (this.#isStopped) return Promise.reject(new StudioError('UNAVAILABLE', 'The engine is stopping.'))
    return new Promise((resolve, reject) => {
      this.#post(id => ({ id, is: 'ask', request }), [], {
        settle: message => message.is === 'answer' ? resolve(message.answer) : reject(bugIn(message)),
        lost: cause => reject(new StudioError('UNAVAILABLE', cause === null ? 'The engine is stopping.' : `${DIED} Try again.`, { cause })),
      })
    })
  }

  /** KAFKA_STORAGE_ERROR, which clients retry, when the thread dies under the check; the next one starts it again. */
  check(batch: Buffer, rules: BatchRules): Promise<Buffer | Refusal> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return resolve(unchecked(rules, 'the broker is stopping'))
      this.#checks.push({ batch, rules, resolve, reject })
      this.#giveChecks()
    })
  }

  /** Rejects when the thread dies under it or the disk fails; 'aborted' when the thread is stopped. */
  clean(job: CleanJob, { onProgress, signal }: CleanWatch): Promise<CleanResult> {
    if (this.#isStopped || signal.aborted) return Promise.resolve({ is: 'aborted' })
    return new Promise((resolve, reject) => {
      const id = this.#post(id => ({ id, is: 'clean', job }), [], {
        settle: message => {
          if (message.is === 'progress') return onProgress(message.progress)
          signal.removeEventListener('abort', stop)
          if (message.is === 'cleaned') resolve(message.result)
          else reject(bugIn(message))
        },
        lost: cause => {
          signal.removeEventListener('abort', stop)
          if (cause === null) resolve({ is: 'aborted' })
          else reject(new Error(DIED, { cause }))
        },
      })
      const stop = (): void => this.#worker?.postMessage({ id, is: 'stop-clean' } satisfies ToScanThread)
      signal.addEventListener('abort', stop)
    })
  }

  /** Ends the thread; what waits for it is refused. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const ended = this.#worker?.terminate()
    this.#drop(null)
    for (const { rules, resolve } of this.#checks.splice(0)) resolve(unchecked(rules, 'the broker is stopping'))
    await ended
  }

  #giveChecks(): void {
    while (this.#checksGiven < CHECKS_GIVEN_MAX) {
      const check = this.#checks.shift()
      if (!check) return
      this.#checksGiven++
      this.#give(check)
    }
  }

  #give({ batch: shared, rules, resolve, reject }: Check): void {
    // A request's buffer holds other batches too: only a copy can move to the thread.
    const batch = new Uint8Array(shared)
    this.#post(id => ({ id, is: 'check', batch, rules }), [batch.buffer], {
      settle: message => {
        this.#checksGiven--
        if (message.is === 'accepted') resolve(Buffer.from(message.batch.buffer, message.batch.byteOffset, message.batch.byteLength))
        else if (message.is === 'refused') resolve(message.refusal)
        else reject(bugIn(message))
        this.#giveChecks()
      },
      lost: cause => {
        this.#checksGiven--
        resolve(unchecked(rules, cause === null ? 'the broker is stopping' : DIED))
      },
    })
  }

  #post(message: (id: number) => ToScanThread, transfer: ArrayBuffer[], pending: Pending): number {
    const id = ++this.#lastId
    this.#pending.set(id, pending)
    this.#running().postMessage(message(id), transfer)
    return id
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const worker = this.#startWorker()
    let cause: unknown
    worker.on('message', (message: FromScanThread) => this.#settle(message))
    worker.on('error', error => { cause = error })
    worker.on('exit', code => this.#exited(worker, cause ?? new Error(`exit code ${code}`)))
    this.#worker = worker
    return worker
  }

  #settle(message: FromScanThread): void {
    const pending = this.#pending.get(message.id)
    if (message.is !== 'progress') this.#pending.delete(message.id)
    pending?.settle(message)
  }

  #exited(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#isStopped) return
    this.#logger.error('the scan thread died; the next request starts it again', { cause, pending: this.#pending.size })
    this.#drop(cause)
    this.#giveChecks()
  }

  #drop(cause: unknown): void {
    this.#worker = null
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { lost } of pending) lost(cause)
  }
}

const DIED = 'The thread that reads records stopped unexpectedly; it is started again with the next request.'

function unchecked({ name }: BatchRules, reason: string): Refusal {
  return { error: 'KAFKA_STORAGE_ERROR', message: `a batch for ${name} could not be checked, nothing was stored: ${reason}` }
}

function bugIn(message: FromScanThread): Error {
  return new Error(`the scan thread failed a request: ${message.is === 'bug' ? message.bug : `it answered ${message.is}`}`)
}
