/** Fuzzy matching for the palette: all characters of the query in order, better where they begin words or stand together. Pure. */

export type Match = { readonly score: number; /** Positions in the text that matched. */ readonly at: readonly number[] }

/** null when `text` does not contain the characters of `query` in order; an empty query matches everything alike. */
export function matchFuzzy(query: string, text: string): Match | null {
  const wanted = query.toLowerCase().replaceAll(' ', '')
  const there = text.toLowerCase()
  if (wanted === '') return { score: 0, at: [] }
  const whole = there.indexOf(wanted)
  if (whole >= 0)
    return {
      score: 100 + (isWordStart(text, whole) ? 50 : 0) + (whole === 0 ? 25 : 0) - text.length / 100,
      at: range(whole, wanted.length),
    }
  const at: number[] = []
  let score = 0
  let from = 0
  for (const character of wanted) {
    const found = nextAt(text, there, character, from)
    if (found < 0) return null
    score += isWordStart(text, found) ? 6 : found === from && from > 0 ? 4 : 1
    at.push(found)
    from = found + 1
  }
  return { score: score - text.length / 100, at }
}

/** The next place of `character`: a word's start when there is one, else the nearest. */
function nextAt(text: string, there: string, character: string, from: number): number {
  const nearest = there.indexOf(character, from)
  for (let at = nearest; at >= 0; at = there.indexOf(character, at + 1)) if (at === from || isWordStart(text, at)) return at
  return nearest
}

function isWordStart(text: string, at: number): boolean {
  const before = text[at - 1]
  if (before === undefined || /[^a-zA-Z0-9]/.test(before)) return true
  return /[a-z0-9]/.test(before) && /[A-Z]/.test(text[at] ?? '')
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}
