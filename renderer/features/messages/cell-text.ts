/** Keys, values and headers of the contract as the text of a list cell. Pure. */

import type { Cell } from '../../../core/studio/contract/messages.ts'
import { formatCount } from '../../format/figures.ts'

/** Characters of a cell that are drawn: more than the widest column shows. */
const DRAWN_MAX = 600

export type CellText =
  | { readonly is: 'null' }
  | { readonly is: 'empty' }
  | { readonly is: 'failed'; readonly reason: string }
  /** `rest` says what the engine left out, as `… +1,048,112 B`; empty when nothing. */
  | { readonly is: 'text' | 'json' | 'hex'; readonly text: string; readonly rest: string }

export function cellText(cell: Cell): CellText {
  if (cell.is === 'null' || cell.is === 'failed') return cell
  if (cell.sizeBytes === 0) return { is: 'empty' }
  const rest = cell.restBytes > 0 ? `… +${formatCount(cell.restBytes)} B` : ''
  return { is: cell.is, text: drawn(cell), rest }
}

function drawn({ is, text }: Exclude<Cell, { is: 'null' | 'failed' }>): string {
  if (is === 'hex') return spaced(text.slice(0, DRAWN_MAX))
  // Line ends and indents between the parts of JSON mean nothing: a string of JSON cannot hold them.
  return is === 'json'
    ? text
        .slice(0, 2 * DRAWN_MAX)
        .replaceAll(/\s*[\r\n]\s*/g, ' ')
        .slice(0, DRAWN_MAX)
    : text.slice(0, DRAWN_MAX)
}

/** `0a0b` as `0a 0b`. */
export function spaced(hex: string): string {
  return hex.replaceAll(/..(?=.)/g, '$& ')
}

/** For copying a row as tab-separated text. */
export function copyCell(cell: Cell): string {
  if (cell.is === 'null') return ''
  return cell.is === 'failed' ? cell.reason : cell.text
}
