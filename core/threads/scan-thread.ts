/** The scan role as the studio uses it: a worker started on first use and started again when it died. */

import { Worker } from 'node:worker_threads'
import type { Logger } from '../common/logger.ts'
import { StudioError } from '../studio/rpc/studio-error.ts'
import type { Scan, ScanAnswer, ScanRequest } from '../studio/scan/scan.ts'
import type { ScanWorkerAnswer, ScanWorkerRequest } from './scan-worker.ts'

type Pending = { resolve(answer: ScanAnswer): void; reject(error: Error): void }

export class ScanThread implements Scan {
  readonly #url: URL
  readonly #logger: Logger
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | null = null
  #lastId = 0
  #isStopped = false

  constructor(options: { readonly url: URL; readonly logger: Logger }) {
    this.#url = options.url
    this.#logger = options.logger
  }

  /** Rejects with StudioError UNAVAILABLE when the thread dies under the request; the next request starts it again. */
  ask(request: ScanRequest): Promise<ScanAnswer> {
    if (this.#isStopped) return Promise.reject(new StudioError('UNAVAILABLE', 'The engine is stopping.'))
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#pending.set(id, { resolve, reject })
      this.#running().postMessage({ id, request } satisfies ScanWorkerRequest)
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#worker?.terminate()
    this.#drop(null)
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(this.#url, { name: 'scan' })
    let cause: unknown
    worker.on('message', (message: ScanWorkerAnswer) => this.#settle(message))
    worker.on('error', error => { cause = error })
    worker.on('exit', code => this.#exited(worker, cause ?? new Error(`exit code ${code}`)))
    this.#worker = worker
    return worker
  }

  #settle(message: ScanWorkerAnswer): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if ('answer' in message) pending?.resolve(message.answer)
    else pending?.reject(new Error(`the scan thread failed a request: ${message.bug}`))
  }

  #exited(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#isStopped) return
    this.#logger.error('the scan thread died; the next request starts it again', { cause, pending: this.#pending.size })
    this.#drop(cause)
  }

  #drop(cause: unknown): void {
    this.#worker = null
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    const message = cause ? 'The thread that reads records stopped unexpectedly; it is started again with the next request. Try again.' : 'The engine is stopping.'
    for (const { reject } of pending) reject(new StudioError('UNAVAILABLE', message, { cause }))
  }
}
