/** Text with its unseen characters drawn as marks in a faint box; what is copied is the character itself. */

import { Fragment } from 'react'
import styles from './pieces.module.css'

/** `raw` is the character; `text` how it is drawn when `isMark`. */
export type Piece = { readonly text: string; readonly isMark: boolean; readonly raw: string }

export function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return pieces.map((piece, index) =>
    piece.isMark ? (
      <span key={index} className={styles.mark} data-mark={piece.text}>
        {piece.raw}
      </span>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  )
}
