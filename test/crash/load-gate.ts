/** Opens and closes a loop that produces load: closed, it finishes what it began and waits. */

export class LoadGate {
  #isOpen = false
  #isStopped = false
  #opened = Promise.withResolvers<void>()
  #idle = Promise.withResolvers<void>()

  constructor() {
    this.#idle.resolve()
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isStopped
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#idle = Promise.withResolvers()
    this.#opened.resolve()
  }

  /** Resolves when the loop has come to `wait`. */
  close(): Promise<void> {
    if (this.#isOpen) this.#opened = Promise.withResolvers()
    this.#isOpen = false
    return this.#idle.promise
  }

  stop(): void {
    this.#isStopped = true
    this.#opened.resolve()
    this.#idle.resolve()
  }

  /** The loop calls it when nothing is under way; resolves when there is to be load again, or at the stop. */
  async wait(): Promise<void> {
    if (this.isOpen || this.#isStopped) return
    this.#idle.resolve()
    await this.#opened.promise
  }
}
