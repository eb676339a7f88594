/** Producer ids, handed out in blocks so that the catalog is written once per block, as Kafka's controller does (KIP-730). */

import type { Catalog } from '../catalog/catalog.ts'

const BLOCK = 1000
const FACT = 'next-producer-id'

export class ProducerIds {
  readonly #catalog: Catalog
  #next = 0
  #end = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** A producer id never given before, also not before a crash. */
  next(): number {
    if (this.#next === this.#end) {
      const next = Number(this.#catalog.fact(FACT) ?? '0')
      this.#catalog.setFact(FACT, String(next + BLOCK)) // it may throw, and then none of the block is given
      this.#next = next
      this.#end = next + BLOCK
    }
    return this.#next++
  }

  /** Ids up to `id` came with records of another cluster: none of them is given from now on. */
  passOver(id: number): void {
    const next = Math.max(Number(this.#catalog.fact(FACT) ?? '0'), id + 1)
    this.#catalog.setFact(FACT, String(next))
    this.#next = this.#end = 0
  }
}
