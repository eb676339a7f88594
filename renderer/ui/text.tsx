/** Small pieces of text: a figure with its unit, a key cap, text for screen readers only, and the shared text classes. */

import type { ReactNode } from 'react'
import styles from './text.module.css'

/** Shared text classes: mono, t2, t3, good, warn, bad, info, accent, medium, strong, small, tiny, cut. */
export { styles as text }

/** A figure and its unit, the unit in the label colour: `1,240` `/s`. `figure` as the format functions with parts give it. */
export function Figure({ value, unit }: { readonly value: string; readonly unit?: string }) {
  return (
    <>
      {value}
      {unit ? <span className={styles.unit}>{unit}</span> : null}
    </>
  )
}

export function Kbd({ children }: { readonly children: ReactNode }) {
  return <kbd className={styles.kbd}>{children}</kbd>
}

/** Read by screen readers, not drawn. */
export function Hidden({ children }: { readonly children: ReactNode }) {
  return <span className={styles.hidden}>{children}</span>
}
