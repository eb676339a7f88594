/** Features of the cluster (KIP-584): which levels this broker supports, and which an administrator, or the default, has finalized. */

import { assert } from '../common/assert.ts'

export type FeatureName = 'group.version' | 'metadata.version' | 'transaction.version'
type Supported = { readonly name: FeatureName; readonly min: number; readonly max: number }

/** As Kafka 4.3.1 supports them, in the order of their names; a feature whose part we lack is not among them. */
export const supportedFeatures: readonly Supported[] = [
  { name: 'group.version', min: 0, max: 1 },
  { name: 'metadata.version', min: 7, max: 30 },
  { name: 'transaction.version', min: 0, max: 2 },
]

export function supportedFeature(name: string): Supported | undefined {
  return supportedFeatures.find(feature => feature.name === name)
}

export type StoredFeatures = { readonly levels: ReadonlyMap<string, number>; readonly epoch: number }

export class Features {
  readonly #levels = new Map<FeatureName, number>()
  readonly #store: (stored: StoredFeatures) => void
  #epoch: number

  /** `stored`: what an earlier run finalized; a feature it does not tell has its newest level. `store` keeps a change, and may throw: then nothing has changed. */
  constructor({ stored, store }: { readonly stored?: StoredFeatures; readonly store?: (stored: StoredFeatures) => void } = {}) {
    this.#epoch = stored?.epoch ?? 0
    this.#store = store ?? (() => undefined)
    for (const { name, min, max } of supportedFeatures) {
      const level = stored?.levels.get(name) ?? max
      this.#levels.set(name, Math.min(Math.max(level, min), max))
    }
  }

  /** Rises with every change: clients believe the answer with the highest. */
  get epoch(): number {
    return this.#epoch
  }

  /** 0: not finalized. */
  level(name: FeatureName): number {
    return this.#levels.get(name) ?? 0
  }

  /** What is finalized: levels above 0. */
  *finalized(): Iterable<{ readonly name: FeatureName; readonly level: number }> {
    for (const [name, level] of this.#levels) if (level > 0) yield { name, level }
  }

  /** Finalizes levels that are within what is supported, all of them or none. Throws what `store` throws. */
  set(changes: ReadonlyMap<FeatureName, number>): void {
    for (const [name, level] of changes) {
      const feature = supportedFeature(name)
      assert(feature && level >= feature.min && level <= feature.max, `${name} has no level ${level}`)
    }
    const levels = new Map([...this.#levels, ...changes])
    this.#store({ levels, epoch: this.#epoch + 1 })
    for (const [name, level] of changes) this.#levels.set(name, level)
    this.#epoch++
  }
}
