/** Where in the topic the list is: a scroll bar over all its records, not over the rows that are here. Dragging it goes elsewhere. */

import { useEffect, useRef, useState, type PointerEvent, type RefObject } from 'react'
import type { MessagePage } from '../../../core/studio/contract/messages.ts'
import { formatShort } from '../../format/figures.ts'
import { windowShare, type MessageWindow } from './messages-state.ts'
import styles from './offset-rail.module.css'

/** At the very ends of the bar an end is meant. */
const END_SHARE = 0.01

export type RailTarget = { readonly is: 'start' | 'end' } | { readonly is: 'share'; readonly share: number }

export function OffsetRail({
  window,
  bounds,
  list,
  onJump,
}: {
  readonly window: MessageWindow
  readonly bounds: MessagePage['bounds']
  /** What holds the table: its scrolling moves the thumb. */
  readonly list: RefObject<HTMLElement | null>
  readonly onJump: (target: RailTarget) => void
}) {
  const rail = useRef<HTMLDivElement>(null)
  const thumb = useRef<HTMLDivElement>(null)
  const [dragged, setDragged] = useState<number | null>(null)
  const isNewestFirst = window.order === 'newest'
  const shares = windowShare(window, bounds)
  useThumb({ list, thumb, shares, isNewestFirst })
  if (!shares || shares.to - shares.from > 0.98) return null
  const shareAt = (event: PointerEvent): number => {
    const box = rail.current?.getBoundingClientRect()
    const down = box ? Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)) : 0
    return isNewestFirst ? 1 - down : down
  }
  const drag = {
    onPointerDown: (event: PointerEvent): void => {
      event.currentTarget.setPointerCapture(event.pointerId)
      setDragged(shareAt(event))
    },
    onPointerMove: (event: PointerEvent): void => {
      if (dragged !== null) setDragged(shareAt(event))
    },
    onPointerUp: (): void => {
      if (dragged !== null)
        onJump(dragged < END_SHARE ? { is: 'start' } : dragged > 1 - END_SHARE ? { is: 'end' } : { is: 'share', share: dragged })
      setDragged(null)
    },
    onPointerCancel: (): void => setDragged(null),
  }
  const total = bounds.reduce((sum, { startOffset, endOffset }) => sum + Number(endOffset - startOffset), 0)
  const down = dragged === null ? 0 : isNewestFirst ? 1 - dragged : dragged
  return (
    <div ref={rail} className={styles.rail} aria-hidden="true" {...drag}>
      <div ref={thumb} className={styles.thumb} data-dragged={dragged !== null || undefined} />
      {dragged === null ? null : (
        <>
          <div className={styles.target} style={{ top: `${down * 100}%` }} />
          <div className={styles.label} style={{ top: `${down * 100}%` }}>
            {formatShort(Math.round(total * dragged))} of {formatShort(total)}
          </div>
        </>
      )}
    </div>
  )
}

/** Sets the thumb as the list scrolls, without rendering: its rows lie between the window's edges. */
function useThumb({
  list,
  thumb,
  shares,
  isNewestFirst,
}: {
  readonly list: RefObject<HTMLElement | null>
  readonly thumb: RefObject<HTMLElement | null>
  readonly shares: { readonly from: number; readonly to: number } | null
  readonly isNewestFirst: boolean
}): void {
  useEffect(() => {
    const grid = list.current?.querySelector('[role=grid]')
    if (!grid || !shares) return undefined
    const place = (): void => {
      const [from, to] = isNewestFirst ? [1 - shares.to, 1 - shares.from] : [shares.from, shares.to]
      const size = (to - from) / Math.max(1, grid.scrollHeight)
      thumb.current?.style.setProperty('top', `${(from + grid.scrollTop * size) * 100}%`)
      thumb.current?.style.setProperty('height', `${grid.clientHeight * size * 100}%`)
    }
    place()
    grid.addEventListener('scroll', place, { passive: true })
    return () => grid.removeEventListener('scroll', place)
  })
}
