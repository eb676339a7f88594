/** An error, shown where it happened: what, why, what to do, and the details to copy. */

import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icons.tsx'
import styles from './error-note.module.css'

export function ErrorNote({
  title,
  failure,
  action,
}: {
  /** What did not happen, as `orders was not created`. */
  readonly title: string
  /** Code and the engine's own sentence: why, and what to do. */
  readonly failure: { readonly code: string; readonly message: string }
  /** The way on: Try again, Choose another name. */
  readonly action?: ReactNode
}) {
  return (
    <div className={styles.note} role="alert">
      <Icon name="error" />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        <p>{failure.message}</p>
      </div>
      <div className={styles.actions}>
        {action}
        <CopyButton text={`${title}\n${failure.code}: ${failure.message}`} label="Copy details">
          Copy details
        </CopyButton>
      </div>
    </div>
  )
}
