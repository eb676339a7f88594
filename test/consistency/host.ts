/** The broker of a consistency run: `millrace serve` on a disk, to be killed, paused, restarted, and with brokers inside it that stop and start. */

import { once } from 'node:events'
import { WebSocket } from 'ws'
import { studioContract } from '../../core/studio/contract/index.ts'
import { connectContract } from '../../core/studio/rpc/connect.ts'
import { webSocketPort } from '../../core/studio/rpc/port.ts'
import { freePort } from '../crash/free-port.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { SESSION_MS } from './role.ts'

const CONFIGS = {
  'group.consumer.min.session.timeout.ms': SESSION_MS, 'group.consumer.session.timeout.ms': SESSION_MS, 'group.consumer.min.heartbeat.interval.ms': 500,
  'group.consumer.heartbeat.interval.ms': 1000, 'group.min.session.timeout.ms': 1000, 'group.initial.rebalance.delay.ms': 300,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000, 'auto.create.topics.enable': false,
}
const ERROR = /^\S+ error /

export class Host {
  readonly process: MillraceProcess
  readonly brokerCount: number
  /** What it logged as an error in its lives before this one. */
  readonly errors: string[] = []

  readonly #whileDown: ((dataFolder: string) => void) | undefined

  private constructor(process: MillraceProcess, brokerCount: number, whileDown?: (dataFolder: string) => void) {
    this.#whileDown = whileDown
    this.process = process
    this.brokerCount = brokerCount
  }

  static async start(brokerCount: number, whileDown?: (dataFolder: string) => void): Promise<Host> {
    const listen = [`127.0.0.1:${await freePort()}`]
    const configs = Object.entries(CONFIGS).flatMap(([name, value]) => ['--config', `${name}=${value}`])
    return new Host(await MillraceProcess.start({ listen, args: ['--brokers', String(brokerCount), '--http', '127.0.0.1:0', ...configs] }), brokerCount, whileDown)
  }

  get addresses(): string {
    const { host, port } = this.process
    return Array.from({ length: this.brokerCount }, (_, at) => `${host}:${port + at}`).join(',')
  }

  get bootstrap(): { host: string; port: number }[] {
    return Array.from({ length: this.brokerCount }, (_, at) => ({ host: this.process.host, port: this.process.port + at }))
  }

  async restart(how: 'kill' | 'stop'): Promise<void> {
    this.noteErrors()
    if (how === 'kill') await this.process.kill()
    else {
      const code = await this.process.stop()
      if (code !== 0) this.errors.push(`the broker ended with ${code} when it was told to stop`)
    }
    this.noteErrors()
    this.#whileDown?.(this.process.dataFolder)
    await this.process.start()
  }

  noteErrors(): void {
    const { process } = this.process
    const { exit } = process
    if (exit && exit.signal !== 'SIGKILL' && exit.code !== 0) this.errors.push(`the broker ended by itself with ${exit.code ?? exit.signal}`)
    for (const line of process.lines) if (ERROR.test(line) && !this.errors.includes(line)) this.errors.push(line)
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.process.child.kill(signal)
  }

  /** As from the window. A refusal rejects. */
  async tellBroker(id: number, what: 'stop' | 'start'): Promise<void> {
    const url = new URL(this.process.process.lines.join('\n').match(/Window: (\S+)/)?.[1] ?? 'http://nowhere')
    const socket = new WebSocket(`ws://${url.host}/studio${url.search}`, { headers: { origin: url.origin } })
    socket.binaryType = 'arraybuffer'
    try {
      await once(socket, 'open')
      await connectContract(studioContract, webSocketPort(socket)).brokers[what]({ id })
    } finally {
      socket.terminate()
    }
  }
}
