/** Hosts the engine: its broker thread is started, started again when it dies, stopped cleanly, and joined to each window by a port. */

import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { loopbackListener } from '../../core/broker/addresses.ts'
import { choosePort, type ChosenPort } from '../../core/broker/choose-port.ts'
import type { Logger } from '../../core/common/logger.ts'
import type { BrokerThreadData, FromBrokerThread, ToBrokerThread } from '../../core/threads/broker-messages.ts'
import { workerUrl } from '../../core/threads.ts'
import type { SettingsFile } from './settings.ts'

/** The engine cannot start as things are; the message says why and what to do. */
export class EngineRefused extends Error {
  override readonly name = 'EngineRefused'
}

type FirstAnswer = Extract<FromBrokerThread, { readonly is: 'ready' | 'refused' }>

type Options = {
  readonly dataFolder: string
  readonly settings: SettingsFile
  readonly version: string
  /** The port to take when it is free; 0: any. The usual one unless told. */
  readonly wantedPort: number | undefined
  readonly logger: Logger
  /** A line the engine logged, ready to be written. */
  readonly write: (line: string) => void
  /** Starts the broker thread; a test keeps hold of it to end it. */
  readonly startThread?: (data: BrokerThreadData) => Worker
  /** Called when the engine cannot be had any more: its thread died too often, or refuses to start again. */
  readonly onLost: (reason: Error) => void
}

/** A thread that dies at once again and again is not started for ever. */
const RESTARTS_MAX = 5
const RESTARTS_WITHIN_MS = 60_000
const RESTART_AFTER_MS = 250
/** Another program may take the port between our question and the bind. */
const PORT_TRIES_MAX = 3
/** A clean stop flushes what was appended; a thread that hangs is ended after this. */
const STOP_MS_MAX = 5000

export class EngineHost {
  readonly #options: Options
  #worker: Worker | undefined
  #waiting: PromiseWithResolvers<MessagePort>[] = []
  #diedAt: number[] = []
  #isStopping = false

  constructor(options: Options) {
    this.#options = options
  }

  /** The addresses, once the broker listens; EngineRefused when it cannot. */
  async start(): Promise<readonly string[]> {
    const { settings, wantedPort } = this.#options
    for (let tries = 1; ; tries++) {
      const chosen = await choosePort(settings.current.fallbackPort, { wanted: wantedPort, count: settings.current.brokerCount })
      if (chosen.taken && chosen.port !== settings.current.fallbackPort) settings.change({ fallbackPort: chosen.port })
      if (this.#isStopping) return []
      const worker = this.#startThread(chosen)
      const answer = await firstAnswer(worker)
      if (answer.is === 'ready') {
        this.#adopt(worker)
        return answer.addresses
      }
      if (answer.portTaken === undefined || tries === PORT_TRIES_MAX) throw new EngineRefused(answer.reason)
    }
  }

  /** A port to the engine; while it is starting or being started again, as soon as it runs. */
  connect(): Promise<MessagePort> {
    const asked = Promise.withResolvers<MessagePort>()
    if (this.#worker) asked.resolve(connected(this.#worker))
    else if (this.#isStopping) asked.reject(new Error('the engine is stopping'))
    else this.#waiting.push(asked)
    return asked.promise
  }

  /** Stops the broker cleanly; resolves when its thread has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const asked of this.#waiting.splice(0)) asked.reject(new Error('the engine is stopping'))
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    worker.postMessage({ is: 'stop' } satisfies ToBrokerThread)
    const timer = setTimeout(() => {
      this.#options.logger.error('the broker did not stop in time and was ended', { afterMs: STOP_MS_MAX })
      void worker.terminate()
    }, STOP_MS_MAX)
    await ended
    clearTimeout(timer)
  }

  #startThread(chosen: ChosenPort): Worker {
    const { dataFolder, version, settings, write, startThread = startBrokerThread } = this.#options
    const data: BrokerThreadData = {
      dataFolder, version, isTemporary: false, listeners: [loopbackListener(chosen.port)], portTaken: chosen.taken,
      brokerCount: settings.current.brokerCount, canChooseBrokers: true,
    }
    const worker = startThread(data)
    worker.on('message', (message: FromBrokerThread) => {
      if (message.is === 'log') write(message.line)
      else if (message.is === 'choose-brokers') settings.change({ brokerCount: message.count })
    })
    return worker
  }

  #adopt(worker: Worker): void {
    this.#worker = worker
    let cause: unknown
    worker.on('error', error => { cause = error })
    worker.once('exit', code => this.#died(cause ?? new Error(`it ended with exit code ${code}`)))
    for (const asked of this.#waiting.splice(0)) asked.resolve(connected(worker))
  }

  #died(cause: unknown): void {
    this.#worker = undefined
    if (this.#isStopping) return
    this.#options.logger.error('the broker thread died and is started again', { cause })
    const now = performance.now()
    this.#diedAt = [...this.#diedAt.filter(at => now - at < RESTARTS_WITHIN_MS), now]
    if (this.#diedAt.length > RESTARTS_MAX) {
      return this.#options.onLost(new EngineRefused(`The broker stopped ${this.#diedAt.length} times within a minute; the last reason was: ${String(cause)}`))
    }
    setTimeout(() => void this.start().catch(this.#options.onLost), RESTART_AFTER_MS)
  }
}

export function startBrokerThread(data: BrokerThreadData): Worker {
  return new Worker(workerUrl('broker'), { workerData: data, name: 'broker' })
}

/** The thread's word that it listens, or why not; a thread that ends before that gives its own error as the reason. */
function firstAnswer(worker: Worker): Promise<FirstAnswer> {
  return new Promise(resolve => {
    let reason = 'The broker ended before it was ready.'
    worker.on('message', (message: FromBrokerThread) => { if (message.is === 'ready' || message.is === 'refused') resolve(message) })
    worker.on('error', error => { reason = error.stack ?? error.message })
    worker.once('exit', () => resolve({ is: 'refused', reason }))
  })
}

function connected(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage({ is: 'connect', port: port2 } satisfies ToBrokerThread, [port2])
  return port1
}
