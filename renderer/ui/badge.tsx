/** State words and lights: always a word or an icon beside the colour. */

import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './badge.module.css'

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info' | 'accent' | 'line'

export function Badge({ tone = 'plain', children, tip }: { readonly tone?: Tone; readonly children: ReactNode; readonly tip?: string }) {
  return (
    <span className={classNames(styles.badge, tone !== 'plain' && styles[tone])} data-tip={tip}>
      {children}
    </span>
  )
}

/** A 6 px light. Decorative: the word beside it says the state. */
export function Led({ tone = 'good' }: { readonly tone?: 'good' | 'warn' | 'bad' | 'off' | 'live' }) {
  return <span className={classNames(styles.led, styles[`led-${tone}`])} aria-hidden="true" />
}

/** A light and its word on one line. */
export function State({ tone, children }: { readonly tone: 'good' | 'warn' | 'bad' | 'off' | 'live'; readonly children: ReactNode }) {
  return (
    <span className={styles.state}>
      <Led tone={tone} />
      {children}
    </span>
  )
}
