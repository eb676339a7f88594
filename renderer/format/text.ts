/** Data as text: offsets in full, what cannot be seen made visible, middles cut out of what is too long. Pure. */

/** Every digit, no separators: strings or bigint end to end. */
export function formatOffset(offset: bigint): string {
  return offset.toString()
}

/** A piece of text; `isMark` ones stand for a character that cannot be seen: drawn in a faint box, copied as the character is. */
export type TextPiece = { readonly text: string; readonly isMark: boolean; readonly raw: string }

/** Control characters, bidi controls and marks, other invisible format characters, lone surrogates: what could hide or reorder data. */
const UNSEEN = new RegExp(
  [
    String.raw`[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]`,
    String.raw`[\ud800-\udbff](?![\udc00-\udfff])`,
    String.raw`(?<![\ud800-\udbff])[\udc00-\udfff]`,
  ].join('|'),
  'g',
)

/** Text in pieces: `␀ ␊` for control characters, `⟨U+202E⟩` for bidi and other invisible ones, `⟨D83D⟩` for lone surrogates. */
export function showUnseen(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  let from = 0
  for (const match of text.matchAll(UNSEEN)) {
    const raw = match[0]
    if (match.index > from) pieces.push(plain(text.slice(from, match.index)))
    pieces.push({ text: markOf(raw.charCodeAt(0)), isMark: true, raw })
    from = match.index + raw.length
  }
  if (from < text.length) pieces.push(plain(text.slice(from)))
  return pieces
}

function plain(text: string): TextPiece {
  return { text, isMark: false, raw: text }
}

function markOf(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return code >= 0xd800 && code <= 0xdfff ? `⟨${hex}⟩` : `⟨U+${hex}⟩`
}

/** Ids and paths: the middle goes, both ends stay. `max` counts characters, the ellipsis included. */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text
  const keep = Math.max(2, max - 1)
  return `${text.slice(0, Math.ceil(keep / 2))}…${text.slice(text.length - Math.floor(keep / 2))}`
}

/** Names in one line, cut after `max` of them: `billing, shipping and 3 more`. */
export function listNames(names: readonly string[], max = 3): string {
  if (names.length <= max) return names.join(', ')
  return `${names.slice(0, max).join(', ')} and ${names.length - max} more`
}
