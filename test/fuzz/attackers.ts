/** Those who mean no good: each opens connections, sends frames on them whole, slowly, many at once or cut off, and reads what comes. */

import { setTimeout as pause } from 'node:timers/promises'
import { handlers } from '../../core/broker/handlers/index.ts'
import { seededRandom, type Random } from '../../core/common/random.ts'
import { readResponseHeader } from '../../core/protocol/header.ts'
import { Reader } from '../../core/protocol/wire.ts'
import { RawConnection } from '../support/clients-frames.ts'
import { Frames, type Frame } from './frames.ts'
import { HostileRequests, Seen } from './hostile-values.ts'

/** An answer that is due later than this is not waited for. */
const PATIENCE_MS = 300
const HISTORY = 40

export class Attacker {
  readonly #port: number
  readonly #random: Random
  readonly #seen: Seen
  readonly #frames: Frames
  /** The last frames that were sent, newest last. */
  readonly history: string[] = []
  frames = 0
  answers = 0

  constructor(port: number, seed: number, seen: Seen) {
    this.#port = port
    this.#random = seededRandom(seed)
    this.#seen = seen
    this.#frames = new Frames(this.#random, handlers.map(({ api }) => api), new HostileRequests(this.#random, seen))
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const connection = await RawConnection.open(this.#port).catch(() => undefined)
      if (!connection) {
        await pause(50)
        continue
      }
      await this.#use(connection, signal).finally(() => connection.close())
    }
  }

  async #use(connection: RawConnection, signal: AbortSignal): Promise<void> {
    for (let times = 1 + this.#random.below(20); times > 0 && !signal.aborted; times--) {
      const manner = this.#random.below(30)
      // After these it is not known whose answer comes next.
      if (manner === 0) return this.#slowly(connection, signal)
      if (manner === 1) return this.#halfClosed(connection)
      if (manner < 4) return this.#pipelined(connection)
      if (!(await this.#exchange(connection, this.#next()))) return
    }
  }

  #next(): Frame {
    const frame = this.#frames.next()
    this.frames++
    this.history.push(`${frame.what}: ${frame.bytes.subarray(0, 400).toString('hex')}`)
    if (this.history.length > HISTORY) this.history.shift()
    return frame
  }

  /** False once the connection is of no use any more. */
  async #exchange(connection: RawConnection, frame: Frame): Promise<boolean> {
    connection.sendBytes(frame.bytes)
    const answer = await this.#answer(connection)
    if (answer === undefined || answer === 'none') return false
    this.#read(frame, answer)
    return true
  }

  async #answer(connection: RawConnection): Promise<Buffer | undefined | 'none'> {
    const patience = new AbortController()
    const nothing = pause(PATIENCE_MS, 'none' as const, { signal: patience.signal }).catch(() => 'none' as const)
    const answer = await Promise.race([connection.nextFrame(), nothing])
    patience.abort()
    if (answer !== undefined && answer !== 'none') this.answers++
    return answer
  }

  /** What a request in good form is answered with must be in good form as well. */
  #read({ what, api, version, bytes }: Frame, answer: Buffer): void {
    if (!api || version === undefined) return
    const reader = new Reader(answer)
    try {
      const { correlationId } = readResponseHeader(reader, api, version)
      const response = api.decodeResponse(reader, version)
      if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes are left`)
      if (correlationId !== bytes.readInt32BE(8)) throw new Error(`it is of request ${correlationId}`)
      this.#seen.learn(response)
    } catch (cause) {
      throw new Error(`the answer to ${what} is none: ${answer.subarray(0, 400).toString('hex')}`, { cause })
    }
  }

  async #slowly(connection: RawConnection, signal: AbortSignal): Promise<void> {
    const { bytes } = this.#next()
    for (let at = 0; at < Math.min(bytes.length, 200) && !signal.aborted; at += 20) {
      connection.sendBytes(bytes.subarray(at, at + 20))
      await pause(5)
    }
    connection.sendBytes(bytes.subarray(200))
    await this.#answer(connection)
  }

  async #halfClosed(connection: RawConnection): Promise<void> {
    connection.sendBytes(this.#next().bytes)
    connection.endWriting()
    await this.#answer(connection)
  }

  /** Many at once; the answers are read or left. */
  async #pipelined(connection: RawConnection): Promise<void> {
    const frames = Array.from({ length: 2 + this.#random.below(30) }, () => this.#next())
    connection.sendBytes(Buffer.concat(frames.map(({ bytes }) => bytes)))
    if (this.#random.below(3) === 0) return
    for (let answer = await this.#answer(connection); answer !== undefined && answer !== 'none';) answer = await this.#answer(connection)
  }
}
