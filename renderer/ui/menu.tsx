/** A menu on the platform's popover: arrows, Home, End and first letters move; Enter acts; Escape, Tab or a click outside closes. */

import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { placeBeside } from './floating.ts'
import { Icon, type IconName } from './icons.tsx'
import { Kbd } from './text.tsx'
import { classNames } from './class-names.ts'
import styles from './menu.module.css'

export type MenuItem =
  | { readonly is: 'line' }
  | {
      readonly is: 'item'
      readonly id: string
      readonly label: ReactNode
      readonly icon?: IconName
      readonly keys?: string
      readonly isDanger?: boolean
      /** Set: the item is a choice and this says whether it is chosen. */
      readonly isChecked?: boolean
      /** Why it cannot be used now. */
      readonly disabledReason?: string | null
      readonly run: () => void
    }

/** Where it opens: at a control, or at a point (a right click). */
export type MenuAnchor = Element | { readonly x: number; readonly y: number }

/** Rendered means open; `onClose` also after an item ran. */
export function Menu({
  label,
  items,
  anchor,
  onClose,
  align = 'start',
}: {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly anchor: MenuAnchor
  readonly onClose: () => void
  readonly align?: 'start' | 'end'
}) {
  const box = useRef<HTMLDivElement>(null)
  const open = useEffectEvent(() => (box.current ? openMenu(box.current, anchor, align, onClose) : undefined))
  useEffect(() => open(), [])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') {
      event.preventDefault()
      onClose()
      return
    }
    if (moveFocus(box.current, event.key)) event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div ref={box} popover="auto" role="menu" aria-label={label} className={styles.menu} onKeyDown={onKeyDown}>
      {items.map((item, index) =>
        item.is === 'line' ? (
          <div key={index} role="separator" className={styles.line} />
        ) : (
          <button
            key={item.id}
            type="button"
            role={item.isChecked === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked={item.isChecked}
            tabIndex={-1}
            className={classNames(styles.item, item.isDanger && styles.danger)}
            aria-disabled={Boolean(item.disabledReason) || undefined}
            data-tip={item.disabledReason ?? undefined}
            onPointerMove={event => event.currentTarget.focus()}
            onClick={() => {
              if (!item.disabledReason) {
                onClose()
                item.run()
              }
            }}
          >
            {item.isChecked === undefined ? (
              item.icon ? (
                <Icon name={item.icon} />
              ) : null
            ) : (
              <span className={styles.mark}>{item.isChecked ? <Icon name="check" /> : null}</span>
            )}
            <span className={styles.label}>{item.label}</span>
            {item.keys ? <Kbd>{item.keys}</Kbd> : null}
          </button>
        ),
      )}
    </div>
  )
}

/** The place is taken once, when it opens; Escape and clicks outside are the popover's own. */
function openMenu(menu: HTMLElement, anchor: MenuAnchor, align: 'start' | 'end', onClosed: () => void): () => void {
  const before = document.activeElement
  menu.showPopover()
  const rect =
    anchor instanceof Element ? anchor.getBoundingClientRect() : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y }
  const view = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight }
  const at = placeBeside(rect, menu.getBoundingClientRect(), view, { align })
  menu.style.left = `${at.left}px`
  menu.style.top = `${at.top}px`
  menu.querySelector<HTMLElement>('[role^=menuitem]')?.focus()
  const onToggle = (event: Event): void => {
    if ((event as ToggleEvent).newState === 'closed') onClosed()
  }
  menu.addEventListener('toggle', onToggle)
  return () => {
    menu.removeEventListener('toggle', onToggle)
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body
    menu.hidePopover()
    if (hadFocus && before instanceof HTMLElement && before.isConnected) before.focus()
  }
}

function moveFocus(menu: HTMLElement | null, key: string): boolean {
  const items = [...(menu?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const step = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[key]
  const byLetter =
    step === undefined && key.length === 1
      ? [...items.slice(at + 1), ...items.slice(0, at + 1)].find(item =>
          item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()),
        )
      : undefined
  const next = step === undefined ? byLetter : items[(step + items.length) % items.length]
  next?.focus()
  return Boolean(next)
}

/** A button that opens a menu below it. `children` is drawn inside; without a visible text give `label`. */
export function MenuButton({
  label,
  items,
  children,
  className,
  align = 'start',
}: {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly children: ReactNode
  readonly className?: string | undefined
  readonly align?: 'start' | 'end'
}) {
  const [anchor, setAnchor] = useState<Element | null>(null)
  // The press itself closes an open menu (it is a click outside), so what the click means is decided when it starts.
  const wasOpen = useRef(false)
  const onClick = (event: MouseEvent): void => {
    setAnchor(wasOpen.current ? null : event.currentTarget)
    wasOpen.current = false
  }
  return (
    <>
      <button
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-label={label}
        onPointerDown={() => {
          wasOpen.current = anchor !== null
        }}
        onClick={onClick}
      >
        {children}
      </button>
      {anchor ? <Menu label={label} items={items} anchor={anchor} align={align} onClose={() => setAnchor(null)} /> : null}
    </>
  )
}
