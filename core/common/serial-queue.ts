/** Runs asynchronous tasks one after another, for an owner that has slow work; `stop` proves nothing is left. */

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #length = 0

  /** Tasks waiting or running. */
  get length(): number {
    return this.#length
  }

  /** Runs `task` after every task added before it; a failed task fails its own promise only. */
  run<T>(task: () => Promise<T> | T): Promise<T> {
    this.#length++
    const result = this.#tail.then(task)
    this.#tail = result.then(() => this.#length--, () => this.#length--)
    return result
  }

  /** Resolves when every task added so far has ended. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
