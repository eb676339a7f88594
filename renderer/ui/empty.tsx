/** Nothing here yet: one sentence, one command ready to copy, one button. */

import type { ReactNode } from 'react'
import { CodeBlock } from './code-block.tsx'
import styles from './empty.module.css'

export function Empty({
  title,
  children,
  command,
  action,
}: {
  readonly title: string
  readonly children?: ReactNode
  /** A shell command that runs as it stands. */
  readonly command?: string
  readonly action?: ReactNode
}) {
  return (
    <div className={styles.empty}>
      <div className={styles.inner}>
        <p className={styles.title}>{title}</p>
        {children ? <p className={styles.text}>{children}</p> : null}
        {command ? <CodeBlock code={command} /> : null}
        {action}
      </div>
    </div>
  )
}
