/** Two runs of one script, field by field. */

import type { Step } from './broker-under-script.ts'

/** `step: field.path: of Kafka / of Millrace`. */
export type Difference = { readonly step: string; readonly path: string; readonly kafka: unknown; readonly millrace: unknown }

export type Accepted = {
  readonly step: RegExp
  /** Of the field; all of the step's when missing. */
  readonly path?: RegExp
  readonly when?: (difference: Difference) => boolean
  readonly why: string
  /** Not every seed comes to it. */
  readonly isRare?: true
}

export function differencesOf(kafka: readonly Step[], millrace: readonly Step[]): Difference[] {
  const found: Difference[] = []
  for (let at = 0; at < Math.max(kafka.length, millrace.length); at++) {
    const [a, b] = [kafka[at], millrace[at]]
    if (a?.step !== b?.step) {
      found.push({ step: a?.step ?? 'the end', path: 'step', kafka: a?.step, millrace: b?.step })
      return found
    }
    compare(a?.answer, b?.answer, '', (path, of, other) => found.push({ step: a?.step ?? '', path, kafka: of, millrace: other }))
  }
  return found
}

/** What no entry accepts, and the entries that nothing needed. */
export function judge(differences: readonly Difference[], accepted: readonly Accepted[]): { readonly open: Difference[]; readonly unused: Accepted[] } {
  const used = new Set<Accepted>()
  const open = differences.filter(difference => {
    const { step, path } = difference
    const entry = accepted.find(each => each.step.test(step) && (each.path?.test(path) ?? true) && (each.when?.(difference) ?? true))
    if (entry) used.add(entry)
    return !entry
  })
  return { open, unused: accepted.filter(entry => !entry.isRare && !used.has(entry)) }
}

function compare(a: unknown, b: unknown, path: string, differ: (path: string, a: unknown, b: unknown) => void): void {
  if (Object.is(a, b)) return
  if (!isObject(a) || !isObject(b)) return differ(path, a, b)
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(a[key], b[key], path === '' ? key : `${path}.${key}`, differ)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
