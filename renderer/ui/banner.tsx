/** A line across a screen: something about the whole of it, with what to do. */

import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon } from './icons.tsx'
import styles from './banner.module.css'

export function Banner({
  tone,
  children,
  action,
}: {
  readonly tone: 'warn' | 'bad' | 'info'
  readonly children: ReactNode
  readonly action?: ReactNode
}) {
  return (
    <div className={classNames(styles.banner, styles[tone])} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={tone === 'info' ? 'info' : 'warning'} />
      <div className={styles.text}>{children}</div>
      {action ? <div className={styles.action}>{action}</div> : null}
    </div>
  )
}
