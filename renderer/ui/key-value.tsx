/** Names and values in two columns; a value can be selected, and copied when it says so. */

import { Fragment, type ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import { classNames } from './class-names.ts'
import styles from './key-value.module.css'

export type KeyValueRow = {
  readonly name: string
  readonly value: ReactNode
  /** Text for the copy button that shows on hover and focus. */
  readonly copy?: string
  readonly isMono?: boolean
  /** Full form, as exact bytes or an ISO time. */
  readonly tip?: string
}

export function KeyValue({ rows }: { readonly rows: readonly KeyValueRow[] }) {
  return (
    <dl className={styles.list}>
      {rows.map((row, index) => (
        <Fragment key={`${index} ${row.name}`}>
          <dt>{row.name}</dt>
          <dd className={classNames(row.isMono && styles.mono)} data-tip={row.tip}>
            <span className={styles.value}>{row.value}</span>
            {row.copy === undefined ? null : (
              <span className={styles.copy}>
                <CopyButton text={row.copy} label={`Copy ${row.name}`} />
              </span>
            )}
          </dd>
        </Fragment>
      ))}
    </dl>
  )
}
