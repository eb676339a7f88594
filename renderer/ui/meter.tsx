/** A 4 px bar for a share, always beside the figure it draws. */

import { classNames } from './class-names.ts'
import styles from './meter.module.css'

/** `share` from 0 to 1; `series` 1 to 8 takes a partition's colour instead of a tone. */
export function Meter({
  share,
  tone = 'accent',
  series,
}: {
  readonly share: number
  readonly tone?: 'accent' | 'warn' | 'bad' | 'plain'
  readonly series?: number
}) {
  const fill = {
    width: `${Math.min(1, Math.max(0, share)) * 100}%`,
    ...(series === undefined ? {} : { background: `var(--series-${series})` }),
  }
  return (
    <span className={styles.meter} aria-hidden="true">
      <i className={classNames(styles.fill, styles[tone])} style={fill} />
    </span>
  )
}
