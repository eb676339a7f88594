/** The last 15 minutes as a line of 72x16 or 44x14: no axis, no colour unless something is wrong. */

import { classNames } from './class-names.ts'
import styles from './sparkline.module.css'

type SparklineProps = {
  readonly values: readonly number[]
  readonly size?: 'normal' | 'small'
  readonly tone?: 'plain' | 'hot' | 'warn'
  /** What it shows, as `1,240/s now`: its tooltip and accessible name. Without it the line is decorative. */
  readonly label?: string
}

export function Sparkline({ values, size = 'normal', tone = 'plain', label }: SparklineProps) {
  const [width, height] = size === 'normal' ? [72, 16] : [44, 14]
  return (
    <svg
      className={classNames(styles.spark, styles[size], styles[tone])}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      data-tip={label}
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      <path d={sparkPath(values, width, height)} />
    </svg>
  )
}

/** The path through `values`, oldest first, from 0 at the bottom to their maximum at the top; nothing below two values. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return ''
  const top = Math.max(...values)
  const inset = 1.5
  const y = (value: number): number => (top <= 0 ? height - inset : height - inset - (value / top) * (height - 2 * inset))
  return values
    .map((value, index) => `${index === 0 ? 'M' : 'L'}${((index / (values.length - 1)) * width).toFixed(1)} ${y(value).toFixed(1)}`)
    .join('')
}
