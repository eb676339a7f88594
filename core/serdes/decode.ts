/** Bytes of a key or value as something to read: JSON by its shape, else UTF-8 text, else hex. Numbers keep every digit: text stays text. */

import { isUtf8 } from 'node:buffer'

/** Text of at most a bound; `restBytes` of the value were left out. Hex is lower case, two digits a byte, no spaces. */
export type Decoded =
  | { readonly is: 'null' }
  | { readonly is: 'json' | 'text' | 'hex'; readonly text: string; readonly sizeBytes: number; readonly restBytes: number }

/** Shows at most `bytesMax` bytes of text, and half as many as hex, so that no cell has more than `bytesMax` characters. */
export function decode(bytes: Uint8Array | null, bytesMax: number): Decoded {
  if (bytes === null) return { is: 'null' }
  const shown = cutAtCharacter(bytes, bytesMax)
  if (!isReadable(shown)) return shownAs('hex', bytes, bytes.subarray(0, Math.max(1, bytesMax >> 1)))
  return shownAs(isJson(bytes, shown) ? 'json' : 'text', bytes, shown)
}

/** Why a value is shown as it is, in a few words. */
export function decoderOf(decoded: Decoded): string {
  switch (decoded.is) {
    case 'null': return 'no value'
    case 'json': return 'JSON, by shape'
    case 'text': return 'UTF-8 text'
    case 'hex': return 'bytes'
    default: return decoded satisfies never
  }
}

function shownAs(is: 'json' | 'text' | 'hex', whole: Uint8Array, shown: Uint8Array): Decoded {
  const text = asBuffer(shown).toString(is === 'hex' ? 'hex' : 'utf8')
  return { is, text, sizeBytes: whole.length, restBytes: whole.length - shown.length }
}

/** The first `bytesMax` bytes, fewer when the cut would fall inside a UTF-8 character. */
function cutAtCharacter(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length <= bytesMax) return bytes
  let end = bytesMax
  while (end > bytesMax - 4 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

/** Valid UTF-8 without control characters other than tab and line ends. */
function isReadable(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
    if (byte === 0x7f) return false
    // U+0080 to U+009F, the other control characters.
    if (byte === 0xc2 && (bytes[at + 1] ?? 0xff) < 0xa0) return false
  }
  return isUtf8(bytes)
}

/** An object or array: parsed when it is shown whole, else judged by its first and last character. */
function isJson(whole: Uint8Array, shown: Uint8Array): boolean {
  const closing = closings.get(firstNotBlank(whole))
  if (closing === undefined || lastNotBlank(whole) !== closing) return false
  if (shown.length < whole.length) return true
  try {
    JSON.parse(asBuffer(shown).toString('utf8'))
    return true
  } catch {
    // Braces around something else: text.
    return false
  }
}

const closings = new Map([[0x7b, 0x7d], [0x5b, 0x5d]])
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

function firstNotBlank(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length && isBlank(bytes[at])) at++
  return bytes[at] ?? -1
}

function lastNotBlank(bytes: Uint8Array): number {
  let at = bytes.length - 1
  while (at >= 0 && isBlank(bytes[at])) at--
  return bytes[at] ?? -1
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
