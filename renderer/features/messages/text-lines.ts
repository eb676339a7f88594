/** A long text as lines of a bounded length, found without copying it: any size scrolls. Pure. */

/** Where each line begins; `columns` characters at most, and a new one after each line end. The last entry is the end of the text. */
export function wrapText(text: string, columns: number): Uint32Array {
  const starts: number[] = [0]
  let from = 0
  while (from < text.length) {
    const newline = text.indexOf('\n', from)
    const lineEnd = newline < 0 ? text.length : newline + 1
    // A line end that just fits does not begin another line.
    while (lineEnd - from > columns + (newline < 0 ? 0 : 1)) {
      from += splitsPair(text, from + columns) ? columns - 1 : columns
      starts.push(from)
    }
    from = lineEnd
    starts.push(from)
  }
  return Uint32Array.from(starts)
}

/** A surrogate pair must not be torn apart. */
function splitsPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff
}

/** Line `index` without its line end. */
export function lineOf(text: string, starts: Uint32Array, index: number): string {
  return text.slice(starts[index], starts[index + 1]).replace(/\r?\n$/, '')
}
