/** Figures over time from totals that only grow: the rate of the last five seconds, and a point each ten seconds for fifteen minutes. */

/** Seconds a rate is the mean of. */
const RATE_SAMPLES = 5
const SAMPLES_PER_POINT = 10
export const HISTORY_POINTS_MAX = 90

const NO_POINTS: readonly number[] = []

/** The rate of a total that is sampled once a second. */
export class Rate {
  #last: number
  readonly #samples: number[] = []
  #at = 0

  /** `total`: where it starts to count. */
  constructor(total: number) {
    this.#last = total
  }

  /** Takes the total now, `seconds` after the last time; returns what was added since. */
  sample(total: number, seconds: number): number {
    const added = total - this.#last
    this.#last = total
    this.#samples[this.#at] = seconds > 0 ? added / seconds : 0
    this.#at = (this.#at + 1) % RATE_SAMPLES
    return added
  }

  /** Per second, mean of the samples of the last five seconds; 0 before the first. */
  get perSecond(): number {
    if (this.#samples.length === 0) return 0
    return this.#samples.reduce((sum, sample) => sum + sample, 0) / this.#samples.length
  }
}

/** A point each ten seconds, at most 90, oldest first. The list is replaced with each point, never changed; while all is zero it is empty. */
export class History {
  #points: readonly number[] = NO_POINTS
  #sum = 0
  #samples = 0

  get points(): readonly number[] {
    return this.#points
  }

  /** Takes one figure a second; a point is their mean. */
  add(figure: number): void {
    this.#sum += figure
    if (++this.#samples < SAMPLES_PER_POINT) return
    const point = this.#sum / this.#samples
    this.#sum = 0
    this.#samples = 0
    if (point === 0 && this.#points.length === 0) return
    const points = [...this.#points.slice(1 - HISTORY_POINTS_MAX), point]
    this.#points = points.some(value => value !== 0) ? points : NO_POINTS
  }
}
