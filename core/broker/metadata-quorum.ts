/**
 * What there is of a KRaft quorum (KIP-595): one voter, this process, that leads from its start. Its log is the catalog: an offset is a
 * count of the catalog's changes, an epoch a count of the runs in which somebody asked. Neither ever goes back, also not over a crash.
 */

import type { Catalog } from '../catalog/catalog.ts'

const FACT = 'metadata-quorum'
/** The catalog is written once for so many changes that were told: a start goes on behind them. */
const BLOCK = 1000

export type QuorumState = { readonly leaderEpoch: number; readonly endOffset: number }

export class MetadataQuorum {
  readonly #catalog: Catalog
  #run: { readonly epoch: number; readonly base: number } | undefined
  #reserved = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Throws when the catalog cannot keep what is to be told. */
  state(): QuorumState {
    const run = this.#run ?? this.#begin()
    const endOffset = run.base + this.#catalog.changeCount
    if (endOffset > this.#reserved) this.#reserve(run.epoch, endOffset + BLOCK)
    this.#run = run
    return { leaderEpoch: run.epoch, endOffset }
  }

  #begin(): { readonly epoch: number; readonly base: number } {
    const [epoch = 0, reserved = 0] = (this.#catalog.fact(FACT) ?? '').split(' ').map(Number)
    return { epoch: epoch + 1, base: reserved }
  }

  #reserve(epoch: number, offset: number): void {
    this.#catalog.setFact(FACT, `${epoch} ${offset}`)
    this.#reserved = offset
  }
}
