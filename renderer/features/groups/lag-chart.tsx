/** Unread records of a group over the last 15 minutes. */

import { useMemo } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import { formatAxis, formatCount } from '../../format/figures.ts'
import { formatMinute, formatTime } from '../../format/time.ts'
import { isBehind } from '../../group-health.ts'
import { Chart, type ChartSeries } from '../../ui/chart.tsx'
import { HISTORY_STEP_MS, lagPoints } from './groups-state.ts'
import styles from './group-detail.module.css'

const SPAN_MS = 15 * 60_000

/** `at`: when `group` was true, ms since the epoch. Draws nothing before there are two figures. */
export function LagChart({ group, at }: { readonly group: GroupRow; readonly at: number }) {
  const token = isBehind(group) ? '--warn' : '--accent'
  const series = useMemo(
    (): readonly ChartSeries[] => [{ name: 'unread', token, points: lagPoints(group, at), stepMs: HISTORY_STEP_MS, isFilled: true }],
    [group, at, token],
  )
  if (group.history.length < 2) return null
  const top = Math.max(...group.history)
  return (
    <div className={styles.chart}>
      <Chart
        series={series}
        to={at}
        spanMs={SPAN_MS}
        formatValue={value => formatCount(Math.round(value))}
        formatAxis={formatAxis}
        formatAt={(time, hasSeconds) => (hasSeconds ? formatTime(time, at, { hasMs: false }) : formatMinute(time))}
        sentence={`Unread records of ${group.group} over the last 15 minutes: ${formatCount(group.lag)} now, at most ${formatCount(Math.round(top))}`}
      />
    </div>
  )
}
