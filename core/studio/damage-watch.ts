/** Where readers met damaged batches in this run: kept for the status, as the log tells of each place once. */

import type { Taps } from '../broker/taps.ts'
import type { DamageNotice } from './contract/storage.ts'

/** Places kept; beyond it they are counted. */
const PLACES_MAX = 100
/** Places sent with the status. */
const FIRST_MAX = 5

export class DamageWatch {
  readonly #stopTap: () => void
  #places: readonly DamageNotice[] = []
  #uncounted = 0

  constructor(taps: Taps) {
    this.#stopTap = taps.subscribe(event => {
      if (event.is === 'damaged') this.#add({ topic: event.topic, partition: event.partition, fromOffset: BigInt(event.fromOffset), toOffset: BigInt(event.toOffset) })
      if (event.is === 'topic-deleted') this.#places = this.#places.filter(({ topic }) => topic !== event.topic)
    })
  }

  get now(): { readonly count: number; readonly first: readonly DamageNotice[] } {
    return { count: this.#places.length + this.#uncounted, first: this.#places.slice(0, FIRST_MAX) }
  }

  stop(): void {
    this.#stopTap()
  }

  #add(place: DamageNotice): void {
    if (this.#places.length < PLACES_MAX) this.#places = [...this.#places, place]
    else this.#uncounted++
  }
}
