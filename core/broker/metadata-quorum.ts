/**
 * What there is of a KRaft quorum (KIP-595): one voter, which leads. Its log is the catalog: an offset is a count of the catalog's changes, an
 * epoch a count of the leaders that somebody was told of, a new one in each run. Neither ever goes back, also not over a crash.
 */

import type { Catalog } from '../catalog/catalog.ts'

const FACT = 'metadata-quorum'
/** The catalog is written once for so many changes that were told: a start goes on behind them. */
const BLOCK = 1000

export type QuorumState = { readonly leaderEpoch: number; readonly endOffset: number }

export class MetadataQuorum {
  readonly #catalog: Catalog
  /** Told of last; undefined until somebody has asked in this run. */
  #told: { readonly leaderId: number; readonly epoch: number } | undefined
  #base = 0
  #reserved = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Throws when the catalog cannot keep what is to be told. */
  state(leaderId: number): QuorumState {
    const before = this.#told?.epoch ?? this.#begin()
    const epoch = this.#told?.leaderId === leaderId ? before : before + 1
    const endOffset = this.#base + this.#catalog.changeCount
    if (epoch > before || endOffset > this.#reserved) {
      this.#catalog.setFact(FACT, `${epoch} ${endOffset + BLOCK}`)
      this.#reserved = endOffset + BLOCK
    }
    this.#told = { leaderId, epoch }
    return { leaderEpoch: epoch, endOffset }
  }

  /** The epoch of the run before; offsets go on behind those that it may have told. */
  #begin(): number {
    const [epoch = 0, reserved = 0] = (this.#catalog.fact(FACT) ?? '').split(' ').map(Number)
    this.#base = reserved
    return epoch
  }
}
