/** The 3 px bar in the colour of a partition or member, always before its number or name. */

import styles from './series-bar.module.css'

const SERIES_COUNT = 8

/** The colour of a partition or member: eight, then from the first again. From 1. */
export function seriesOf(index: number): number {
  return (index % SERIES_COUNT) + 1
}

export function SeriesBar({ index }: { readonly index: number }) {
  return <span className={styles.bar} style={{ background: `var(--series-${seriesOf(index)})` }} aria-hidden="true" />
}
