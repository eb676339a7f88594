/** Which topics the patterns of a group stand for: the whole name must match, and internal topics count like others, as in Kafka. */

import { compilePattern, type Pattern } from '../common/re2.ts'
import type { Clock } from '../common/clock.ts'
import type { KeyedTimers } from '../coordinator/keyed-timers.ts'

/** Matching gives way to requests after this long. */
const SLICE_MS = 4

export type PatternTask = {
  readonly patterns: readonly string[]
  readonly names: readonly string[]
  readonly clock: Clock
  /** Where the task waits for its next turn, and under which name: ending that timer ends it. */
  readonly timers: KeyedTimers
  readonly timer: string
  /** Topics by pattern, those of a pattern that is none empty. */
  done(topics: ReadonlyMap<string, readonly string[]>): void
}

/** Matches every name with every pattern, a slice of time at a time, the first one later: `done` is never called at once. */
export function resolvePatterns({ patterns, names, clock, timers, timer, done }: PatternTask): void {
  const compiled: { readonly source: string; readonly pattern: Pattern; readonly topics: string[] }[] = []
  const waiting = [...patterns]
  let patternAt = 0
  let nameAt = 0
  const slice = (): void => {
    const endsAt = clock.elapsed() + SLICE_MS
    for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
      const pattern = compilePattern(source)
      compiled.push({ source, pattern: 'error' in pattern ? MATCHES_NOTHING : pattern, topics: [] })
      if (clock.elapsed() >= endsAt) return timers.set(timer, 0, slice)
    }
    // Pattern by pattern: a group of a thousand members may have as many of them.
    for (; patternAt < compiled.length; patternAt++, nameAt = 0) {
      const current = compiled[patternAt]
      while (nameAt < names.length) {
        const name = names[nameAt++] ?? ''
        if (current?.pattern.matches(name)) current.topics.push(name)
        if (clock.elapsed() >= endsAt) return timers.set(timer, 0, slice)
      }
    }
    done(new Map(compiled.map(({ source, topics }) => [source, topics])))
  }
  timers.set(timer, 0, slice)
}

const MATCHES_NOTHING: Pattern = { matches: () => false }
