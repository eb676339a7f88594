/** A key, value or header in a list cell. */

import type { Cell } from '../../../core/studio/contract/messages.ts'
import { showUnseen } from '../../format/text.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icons.tsx'
import { Pieces } from '../../ui/pieces.tsx'
import { cellText } from './cell-text.ts'
import styles from './cell-view.module.css'

/** `isValue` of a record with a key: null is a tombstone. */
export function CellView({
  cell,
  isTombstone = false,
  isQuiet = false,
}: {
  readonly cell: Cell
  readonly isTombstone?: boolean
  readonly isQuiet?: boolean
}) {
  const shown = cellText(cell)
  switch (shown.is) {
    case 'null':
      return isTombstone ? <span className={styles.word}>∅ tombstone</span> : <span className={styles.word}>null</span>
    case 'empty':
      return <span className={styles.faint}>""</span>
    case 'failed':
      return (
        <span className={styles.failed} data-tip={shown.reason}>
          <Icon name="error" size="small" /> {shown.reason}
        </span>
      )
    case 'text':
    case 'json':
    case 'hex':
      return (
        <span className={styles.line}>
          <span
            className={classNames(
              styles.text,
              isQuiet && styles.quiet,
              shown.is === 'hex' && styles.faint,
              shown.rest !== '' && styles.cut,
            )}
          >
            <Pieces pieces={showUnseen(shown.text)} />
          </span>
          {shown.rest === '' ? null : <span className={styles.rest}>{shown.rest}</span>}
        </span>
      )
    default:
      return shown satisfies never
  }
}
