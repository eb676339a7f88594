/** Bytes as hex and text, 16 a row where they fit, else 8; a click picks a byte, a picked field lights its bytes. Virtual. */

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type MouseEvent } from 'react'
import { hexRow, hexRowCount, type ByteRange, type MarkedText } from '../../format/hex.ts'
import { useSize } from '../../ui/size.ts'
import styles from './hex-view.module.css'

/** Pixels, as --lh-xs. */
const ROW_HEIGHT = 16
/** Pixels that a row of 16 needs. */
const WIDE_FROM = 500
/** A scroll height that every browser can draw: 400,000 rows, 6.4 MB at 16 a row. */
const ROWS_MAX = 400_000

export function HexView({
  bytes,
  mark = null,
  onPick,
  label,
}: {
  readonly bytes: Uint8Array
  readonly mark?: ByteRange | null
  readonly onPick?: (at: number) => void
  readonly label: string
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const { width } = useSize(scroller)
  const perRow = width >= WIDE_FROM ? 16 : 8
  const rowCount = Math.min(ROWS_MAX, hexRowCount(bytes.length, perRow))
  // oxlint-disable-next-line react/incompatible-library -- the React compiler is not used, so nothing is memoised around the virtualizer
  const virtual = useVirtualizer({ count: rowCount, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 8 })
  useEffect(() => {
    if (mark) virtual.scrollToIndex(Math.floor(mark.from / perRow), { align: 'auto' })
  }, [mark, perRow, virtual])
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = hexRow(bytes, index, perRow, mark)
          return (
            <div key={index} className={styles.row} style={{ transform: `translateY(${start}px)` }}>
              <span className={styles.offset}>{row.offset}</span>
              <Marked
                text={row.hex}
                between=" "
                onPick={onPick ? share => onPick(pickedByte(share, { bytes, index, perRow })) : undefined}
              />
              <span className={styles.text}>
                <Marked text={row.text} between="" />
              </span>
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** `share` of the width of the row's hex, which may be short of a whole row. */
function pickedByte(
  share: number,
  { bytes, index, perRow }: { readonly bytes: Uint8Array; readonly index: number; readonly perRow: number },
): number {
  const inRow = Math.min(perRow, bytes.length - index * perRow)
  return index * perRow + Math.max(0, Math.min(inRow - 1, Math.floor(share * inRow)))
}

function Marked({
  text: [before, inside, after],
  between,
  onPick,
}: {
  readonly text: MarkedText
  readonly between: string
  readonly onPick?: ((share: number) => void) | undefined
}) {
  const pick = (event: MouseEvent): void => {
    const box = event.currentTarget.getBoundingClientRect()
    onPick?.((event.clientX - box.left) / box.width)
  }
  return (
    <span onClick={onPick ? pick : undefined}>
      {before}
      {before !== '' && (inside !== '' || after !== '') ? between : ''}
      {inside === '' ? null : <mark className={styles.mark}>{inside}</mark>}
      {inside !== '' && after !== '' ? between : ''}
      {after}
    </span>
  )
}
