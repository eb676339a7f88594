/** Regular expressions in RE2's syntax, matched in linear time: for patterns that come from clients. */

import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js'
import { PATTERN_CHARS_MAX, PATTERN_COST_MAX } from './limits.ts'

export type Pattern = {
  /** Whether the whole text matches. */
  matches(text: string): boolean
}

/** The pattern; or, in words, why it is none. */
export function compilePattern(source: string): Pattern | { readonly error: string } {
  if (source.length > PATTERN_CHARS_MAX) return { error: `it is longer than ${PATTERN_CHARS_MAX} characters` }
  if (costOf(source) > PATTERN_COST_MAX) return { error: 'its repetitions are too long' }
  try {
    const compiled = RE2JS.compile(source)
    return { matches: text => compiled.matches(text) }
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { error: error.getDescription() }
    if (error instanceof RE2JSException) return { error: error.message }
    throw error
  }
}

/** No less than the states the pattern compiles to: what stands in it, as often as all its counted repetitions together ask for. */
function costOf(source: string): number {
  let repetitions = 1
  for (const [, from, to] of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) repetitions += Math.max(Number(from), Number(to ?? 0))
  return source.length * repetitions
}
