/** Measures functions without a compiler: by the indentation that the house style keeps. */

export type FunctionLength = { readonly name: string; readonly lines: number }

const OPENING = /^(\s*)(?:export\s+)?(?:static\s+)?(?:async\s+)?(?:function\*?\s+(\w+)|(?:const|let)\s+(\w+)\s*(?::[^=]+)?=\s*(?:async\s*)?(?:\([^)]*\)|\w+)(?::[^=]+)?\s*=>|(?:get |set )?(#?\w+)\s*(?:<[^>]*>)?\([^;]*\)(?::[^;]+)?\s*)\s*\{\s*$/
const NOT_A_NAME = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'return'])

/** Each named function of a source with its length, from its opening line to the brace that closes it at the same indentation. */
export function functionLengths(path: string, source: string): FunctionLength[] {
  const lines = source.split('\n')
  const found: FunctionLength[] = []
  for (const [index, line] of lines.entries()) {
    const match = OPENING.exec(line)
    const name = match?.[2] ?? match?.[3] ?? match?.[4]
    if (!match || !name || NOT_A_NAME.has(name)) continue
    const indentation = match[1] ?? ''
    const close = lines.findIndex((other, at) => at > index && other.startsWith(`${indentation}}`))
    if (close < 0) throw new Error(`${path}:${index + 1}: ${name} is never closed at its own indentation`)
    found.push({ name, lines: close - index + 1 })
  }
  return found
}
