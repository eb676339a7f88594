/** Writes a client's operations to a file as they happen, so that they outlive a kill -9 of the client. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer, Question } from './history.ts'

/** One clock for all processes: that of the system, which no change of the date moves. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000

export class Recorder {
  readonly #file: number
  readonly #client: string
  #count = 0

  /** `client` is unique among the runs of all clients of a history. */
  constructor(folder: string, client: string) {
    this.#client = client
    this.#file = openSync(join(folder, `${client}.jsonl`), 'a')
  }

  get client(): string {
    return this.#client
  }

  /** Before the request goes out. What it returns notes the answer. */
  ask(question: Question): (answer: Answer) => void {
    const id = `${this.#client}/${++this.#count}`
    this.#write({ id, client: this.#client, invoked: monotonicMs(), ...question })
    return answer => this.#write({ answers: id, completed: monotonicMs(), ...answer })
  }

  /** What a library did behind our back: it is known only by its answer. */
  note(question: Question, answer: Answer, invoked = monotonicMs()): void {
    const id = `${this.#client}/${++this.#count}`
    this.#write({ id, client: this.#client, ...question, invoked })
    this.#write({ answers: id, completed: monotonicMs(), ...answer })
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(entry: object): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`)
  }
}
