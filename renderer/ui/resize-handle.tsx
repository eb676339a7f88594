/** The edge of a panel at the right, dragged to make it wider: arrows do the same, a double click goes back. */

import { useState, type KeyboardEvent, type PointerEvent } from 'react'
import styles from './resize-handle.module.css'

type Bounds = { readonly min: number; readonly max: number }
const STEP = 16

/** `width` null: as the stylesheet has it. Measured from the right edge of `panel`. */
export function ResizeHandle({
  label,
  width,
  bounds,
  onChange,
}: {
  readonly label: string
  readonly width: number | null
  readonly bounds: Bounds
  readonly onChange: (width: number | null) => void
}) {
  const [isDragging, setDragging] = useState(false)
  const set = (next: number): void => onChange(Math.max(bounds.min, Math.min(Math.round(next), bounds.max)))
  const panelOf = (handle: Element): DOMRect => (handle.parentElement ?? handle).getBoundingClientRect()
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key]
    if (step === undefined) return
    event.preventDefault()
    set(panelOf(event.currentTarget).width + step)
  }
  return (
    <div
      className={styles.handle}
      role="separator"
      aria-label={label}
      aria-orientation="vertical"
      aria-valuemin={bounds.min}
      aria-valuemax={bounds.max}
      aria-valuenow={width ?? bounds.min}
      tabIndex={0}
      data-dragging={isDragging || undefined}
      onPointerDown={event => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDragging(true)
      }}
      onPointerMove={(event: PointerEvent) => {
        if (isDragging) set(panelOf(event.currentTarget).right - event.clientX)
      }}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
      onDoubleClick={() => onChange(null)}
      onKeyDown={onKeyDown}
    />
  )
}
