/**
 * One tooltip for the whole window: any element with `data-tip` (and `data-tip-keys`) has one, on hover and on keyboard focus. The first
 * comes after 400 ms, the next at once. Decorative for screen readers: a control carries its own name.
 */

import { useEffect, useRef } from 'react'
import { placeBeside } from './floating.ts'
import styles from './tooltip.module.css'

const FIRST_AFTER_MS = 400
const WARM_FOR_MS = 600

/** Rendered once, in the frame. */
export function Tooltips() {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (box.current) return followPointer(box.current)
    return undefined
  }, [])
  return (
    <div ref={box} popover="manual" className={styles.tooltip} aria-hidden="true">
      <span />
      <kbd />
    </div>
  )
}

function followPointer(box: HTMLElement): () => void {
  let owner: HTMLElement | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastHiddenAt = -Infinity
  const hide = (): void => {
    clearTimeout(timer)
    if (box.matches(':popover-open')) {
      box.hidePopover()
      lastHiddenAt = performance.now()
    }
    owner = null
  }
  const offer = (target: EventTarget | null): void => {
    const next = target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null
    if (next === owner) return
    hide()
    if (!next?.dataset['tip']) return
    owner = next
    timer = setTimeout(() => show(box, next), performance.now() - lastHiddenAt < WARM_FOR_MS ? 0 : FIRST_AFTER_MS)
  }
  const onFocus = (event: FocusEvent): void => {
    if (event.target instanceof Element && event.target.matches(':focus-visible')) offer(event.target)
  }
  const stop = new AbortController()
  const options = { signal: stop.signal, passive: true }
  document.addEventListener('pointerover', event => offer(event.target), options)
  document.addEventListener('focusin', onFocus, options)
  for (const leaves of ['pointerdown', 'focusout', 'keydown', 'wheel'] as const) document.addEventListener(leaves, hide, options)
  document.documentElement.addEventListener('pointerleave', hide, options)
  return () => {
    hide()
    stop.abort()
  }
}

function show(box: HTMLElement, owner: HTMLElement): void {
  const [text, keys] = box.children
  if (!text || !keys || !owner.isConnected) return
  text.textContent = owner.dataset['tip'] ?? ''
  keys.textContent = owner.dataset['tipKeys'] ?? ''
  box.showPopover()
  const view = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight }
  const { left, top } = placeBeside(owner.getBoundingClientRect(), box.getBoundingClientRect(), view, { align: 'center', gap: 6 })
  box.style.left = `${left}px`
  box.style.top = `${top}px`
}
