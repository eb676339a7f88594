/** Bytes as rows of hex and text, and hex as bytes. Pure. */

/** A stretch of bytes: `from` up to, not including, `to`. */
export type ByteRange = { readonly from: number; readonly to: number }
/** Before, inside and after the marked range. */
export type MarkedText = readonly [string, string, string]
export type HexRow = { readonly offset: string; readonly hex: MarkedText; readonly text: MarkedText }

export function hexRowCount(sizeBytes: number, perRow: number): number {
  return Math.ceil(sizeBytes / perRow)
}

/** Row `row` of `bytes`, `perRow` bytes each: `0040`, `61 74 75`, `atu`. What is no printable ASCII is a dot. */
export function hexRow(bytes: Uint8Array, row: number, perRow: number, mark: ByteRange | null = null): HexRow {
  const from = row * perRow
  const to = Math.min(bytes.length, from + perRow)
  const inside = mark ? { from: clamp(mark.from, from, to), to: clamp(mark.to, from, to) } : { from: to, to }
  const parts = [
    [from, inside.from],
    [inside.from, inside.to],
    [inside.to, to],
  ] as const
  const hex = parts.map(([a, b]) => hexOf(bytes.subarray(a, b), ' '))
  const text = parts.map(([a, b]) => asciiOf(bytes.subarray(a, b)))
  const digits = Math.max(4, (bytes.length - 1).toString(16).length)
  return { offset: from.toString(16).padStart(digits, '0'), hex: triple(hex), text: triple(text) }
}

/** `48 65`, with `between` between the bytes. */
export function hexOf(bytes: Uint8Array, between = ''): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(between)
}

export type HexRead = { readonly is: 'read'; readonly bytes: Uint8Array } | { readonly is: 'wrong'; readonly reason: string }

/** Bytes of hex as people write it: `48 65 6c`, `48656c`, `0x48, 0x65`, over several lines; any case. */
export function readHex(text: string): HexRead {
  const digits = text.replaceAll(/0x|\\x|[\s,:]/gi, '')
  const wrong = /[^\da-f]/i.exec(digits)?.[0]
  if (wrong !== undefined) return { is: 'wrong', reason: `${wrong} is not a hex digit` }
  if (digits.length % 2 === 1) return { is: 'wrong', reason: 'an odd number of hex digits; each byte has two' }
  return {
    is: 'read',
    bytes: Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16)),
  }
}

function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(value, max))
}

function triple(parts: readonly string[]): MarkedText {
  return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? '']
}
