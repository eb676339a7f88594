/** Tabs with roving focus: arrows, Home and End move and choose. A tab with `href` is a place; without, `onChoose` says which. */

import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './tabs.module.css'

export type Tab<Id extends string> = { readonly id: Id; readonly label: ReactNode; readonly count?: ReactNode; readonly href?: string }

export function Tabs<Id extends string>({
  label,
  tabs,
  chosen,
  onChoose,
  isTight = false,
  panelId,
  trail,
}: {
  readonly label: string
  readonly tabs: readonly Tab<Id>[]
  readonly chosen: Id
  readonly onChoose: (id: Id) => void
  /** The smaller set inside a panel. */
  readonly isTight?: boolean
  /** Id of the element the tabs switch: give it role="tabpanel". */
  readonly panelId?: string
  /** At the right end of the strip. */
  readonly trail?: ReactNode
}) {
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(tab => tab.id === chosen)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key]
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length]
    if (!tab) return
    event.preventDefault()
    event.stopPropagation()
    onChoose(tab.id)
    list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus()
  }
  return (
    <div className={classNames(styles.strip, isTight && styles.tight)}>
      <div ref={list} className={styles.tabs} role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(tab => {
          const isChosen = tab.id === chosen
          const shared = {
            role: 'tab',
            'aria-selected': isChosen,
            'aria-controls': isChosen ? panelId : undefined,
            tabIndex: isChosen ? 0 : -1,
            'data-tab': tab.id,
            className: styles.tab,
          }
          const content = (
            <>
              {tab.label}
              {tab.count === undefined ? null : <span className={styles.count}>{tab.count}</span>}
            </>
          )
          return tab.href === undefined ? (
            <button key={tab.id} type="button" {...shared} onClick={() => onChoose(tab.id)}>
              {content}
            </button>
          ) : (
            <a key={tab.id} href={tab.href} {...shared}>
              {content}
            </a>
          )
        })}
      </div>
      {trail}
    </div>
  )
}
