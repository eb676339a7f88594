/** Says once of each damaged place that it is: a consumer asks for it over and over. */

import type { Logger } from '../common/logger.ts'
import type { Damage } from './batch-walk.ts'

export type DamagedPlace = Damage & { readonly path: string }

/** More places than anybody reads about; beyond it a log is told of no more. */
const PLACES_MAX = 1000

export class DamageReports {
  readonly #logger: Logger
  readonly #name: string
  #places = new Set<string>()

  constructor(logger: Logger, name: string) {
    this.#logger = logger
    this.#name = name
  }

  /** Whether it is news: then it was logged too. */
  note({ path, position, from, to }: DamagedPlace): boolean {
    const place = `${path}:${position}`
    if (this.#places.has(place) || this.#places.size >= PLACES_MAX) return false
    this.#places.add(place)
    this.#logger.error('batches are damaged on disk and are not served', { partition: this.#name, path, position, fromOffset: from, toOffset: to - 1 })
    return true
  }
}
