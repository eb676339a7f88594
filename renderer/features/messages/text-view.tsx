/** Text of any length, wrapped at the width of its box; what cannot be seen is drawn as a mark. Virtual. */

import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { showUnseen } from '../../format/text.ts'
import { Pieces } from '../../ui/pieces.tsx'
import { useSize } from '../../ui/size.ts'
import { lineOf, wrapText } from './text-lines.ts'
import styles from './text-view.module.css'

/** Pixels, as --lh-code. */
const LINE_HEIGHT = 18
/** Pixels of one character of the mono face at --text-sm, rounded up over the faces in use; and both paddings. */
const CHARACTER_WIDTH = 7.5
const PADDING = 28
const LINES_MAX = 400_000

export function TextView({ text, label }: { readonly text: string; readonly label: string }) {
  const scroller = useRef<HTMLDivElement>(null)
  const { width } = useSize(scroller)
  const columns = Math.max(20, Math.floor((width - PADDING) / CHARACTER_WIDTH))
  const starts = useMemo(() => wrapText(text, columns), [text, columns])
  // oxlint-disable-next-line react/incompatible-library -- the React compiler is not used, so nothing is memoised around the virtualizer
  const virtual = useVirtualizer({
    count: Math.min(LINES_MAX, starts.length - 1),
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 8,
  })
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <div className={styles.lines} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div key={index} className={styles.line} style={{ transform: `translateY(${start}px)` }}>
            <Pieces pieces={showUnseen(lineOf(text, starts, index))} />
          </div>
        ))}
      </div>
    </div>
  )
}
