/** Records in and out over the last 15 minutes. */

import { useMemo } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { formatAxis, formatRate } from '../../format/figures.ts'
import { formatMinute, formatTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { ratesStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { Chart, type ChartSeries } from '../../ui/chart.tsx'
import { Section } from '../../ui/page.tsx'
import styles from './rates-chart.module.css'

const SPAN_MS = 15 * 60_000

export function RatesChart({ status }: { readonly status: LocalStatus }) {
  const live = useStream(ratesStream, {})
  const now = useNow(live.is !== 'here')
  const points = useMemo(() => (live.is === 'here' ? live.value : []), [live])
  const series = useMemo(
    (): readonly ChartSeries[] => [
      { name: 'in', token: '--accent', points: points.map(({ at, in: value }) => ({ at, value })), isFilled: true },
      { name: 'out', token: '--text-1', points: points.map(({ at, out: value }) => ({ at, value })) },
    ],
    [points],
  )
  const to = points.at(-1)?.at ?? now
  const [inRate, outRate] = [formatRate(status.inRate.records), formatRate(status.outRate.records)]
  return (
    <div className={styles.chart}>
      <Section
        title="Records"
        note="per second, last 15 min"
        aside={
          <>
            <span className={styles.in}>
              <i />
              in {inRate}
            </span>
            <span className={styles.out}>
              <i />
              out {outRate}
            </span>
          </>
        }
      >
        <Chart
          series={series}
          to={to}
          spanMs={SPAN_MS}
          formatValue={formatRate}
          formatAxis={value => `${formatAxis(value)}/s`}
          formatAt={(at, hasSeconds) => (hasSeconds ? formatTime(at, to, { hasMs: false }) : formatMinute(at))}
          sentence={`Records per second over the last 15 minutes: ${inRate} in and ${outRate} out now; ${describePeaks(series)}`}
        />
      </Section>
    </div>
  )
}

function describePeaks(series: readonly ChartSeries[]): string {
  return series.map(line => `at most ${formatRate(Math.max(0, ...line.points.map(point => point.value)))} ${line.name}`).join(', ')
}
