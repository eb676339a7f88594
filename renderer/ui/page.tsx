/** The parts every screen has: head with one line of facts, tabs, toolbar, body, inspector. */

import { useId, type ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './page.module.css'

/** A screen: what is under the frame's title bar. `head` is a PageHead (with Tabs below it, where the thing has parts). */
export function Page({
  head,
  children,
  inspector,
  inspectorLabel = 'Details',
}: {
  readonly head: ReactNode
  readonly children: ReactNode
  /** About the selected row; null hides it. */
  readonly inspector?: ReactNode
  readonly inspectorLabel?: string
}) {
  return (
    <div className={styles.page}>
      <div className={styles.head} data-region="header" tabIndex={-1}>
        {head}
      </div>
      <div className={styles.body} data-region="content" tabIndex={-1}>
        {children}
      </div>
      {inspector ? (
        <aside className={styles.inspector} aria-label={inspectorLabel} data-region="inspector" tabIndex={-1}>
          {inspector}
        </aside>
      ) : null}
    </div>
  )
}

/** Crumb, title, the answer in one line, actions on the right (one primary at most). */
export function PageHead({
  crumb,
  title,
  facts,
  actions,
}: {
  readonly crumb?: ReactNode
  readonly title: ReactNode
  readonly facts?: ReactNode
  readonly actions?: ReactNode
}) {
  return (
    <div className={styles.headRow}>
      {crumb ? <span className={styles.crumb}>{crumb}</span> : null}
      <h1 className={styles.title}>{title}</h1>
      <span className={styles.facts}>{facts}</span>
      <span className={styles.grow} />
      {actions}
    </div>
  )
}

/** Scope at the left, filter in the middle, view and export at the right; `ToolbarGap` pushes what follows to the right. */
export function Toolbar({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles.toolbar} role="group" aria-label={label}>
      {children}
    </div>
  )
}

export function ToolbarGap() {
  return <span className={styles.grow} />
}

/** The title line of a part of a screen. `note` says the scope or unit; `children` stand at the right. */
export function Section({
  title,
  note,
  aside,
  children,
  hasRule = false,
}: {
  readonly title: ReactNode
  readonly note?: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  /** A hairline above it. */
  readonly hasRule?: boolean
}) {
  const id = useId()
  return (
    <section className={classNames(styles.section, hasRule && styles.ruled)} aria-labelledby={id}>
      <div className={styles.sectionHead}>
        <h2 id={id}>{title}</h2>
        {note ? <span className={styles.note}>{note}</span> : null}
        <span className={styles.grow} />
        {aside}
      </div>
      {children}
    </section>
  )
}
