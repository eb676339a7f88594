/** A time-series chart: hairline axes, a crosshair with the figures under it, gaps drawn as gaps, and `t` for the same data as a table. */

import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { drawChart, type Drawing } from './chart-canvas.ts'
import { meansOf, nearestPoint, ticksTo, type Point } from './chart-scale.ts'
import styles from './chart.module.css'

export type ChartSeries = {
  readonly name: string
  /** The token of its colour, as --accent. */
  readonly token: `--${string}`
  /** Oldest first. */
  readonly points: readonly Point[]
  /** From one point to the next, milliseconds; 1000 when not given. */
  readonly stepMs?: number
  readonly isFilled?: boolean
}

type ChartProps = {
  readonly series: readonly ChartSeries[]
  /** The time shown: the last `spanMs` up to `to`. */
  readonly to: number
  readonly spanMs: number
  /** What the chart shows, as a sentence with its figures. */
  readonly sentence: string
  readonly formatValue: (value: number) => string
  readonly formatAxis: (value: number) => string
  /** With seconds for the crosshair, without for the axis. */
  readonly formatAt: (at: number, hasSeconds: boolean) => string
}

const X_LABELS = 5

export function Chart(props: ChartProps) {
  const [isTable, setTable] = useState(false)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 't' || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    setTable(!isTable)
  }
  return (
    <div className={styles.chart} tabIndex={0} role="group" aria-label="Chart; press t for a table" onKeyDown={onKeyDown}>
      {isTable ? <ChartTable {...props} /> : <Plot {...props} />}
    </div>
  )
}

function Plot({ series, to, spanMs, sentence, formatValue, formatAxis, formatAt }: ChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [pointer, setPointer] = useState<number | null>(null)
  const from = to - spanMs
  const ticks = ticksTo(Math.max(...series.flatMap(line => line.points.map(point => point.value)), 0))
  const crosshairAt = pointer === null ? null : from + pointer * spanMs
  useDrawing(canvas, { series, from, to, ticks, crosshairAt })
  const onPointerMove = (event: PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect()
    setPointer((event.clientX - box.left) / box.width)
  }
  const top = ticks.at(-1) ?? 1
  return (
    <>
      <div className={styles.plot} onPointerMove={onPointerMove} onPointerLeave={() => setPointer(null)}>
        <canvas ref={canvas} className={styles.canvas} role="img" aria-label={sentence} />
        <div className={styles.ticks}>
          {ticks.map(tick => (
            <span key={tick} className={styles.tick} style={{ bottom: `${(tick / top) * 100}%` }} aria-hidden="true">
              {formatAxis(tick)}
            </span>
          ))}
        </div>
        {pointer === null || crosshairAt === null ? null : (
          <Readout share={pointer} title={formatAt(crosshairAt, true)}>
            {series.map(line => (
              <span key={line.name}>
                {line.name} {showNearest(line.points, crosshairAt, formatValue)}
              </span>
            ))}
          </Readout>
        )}
      </div>
      <div className={styles.axis} aria-hidden="true">
        {Array.from({ length: X_LABELS }, (_, index) => (
          <span key={index}>{formatAt(from + (index / X_LABELS) * spanMs, false)}</span>
        ))}
        <span>now</span>
      </div>
    </>
  )
}

function Readout({ share, title, children }: { readonly share: number; readonly title: string; readonly children: ReactNode }) {
  const side = share > 0.5 ? { right: `${(1 - share) * 100}%` } : { left: `${share * 100}%` }
  return (
    <div className={styles.readout} style={side}>
      <span className={styles.when}>{title}</span>
      {children}
    </div>
  )
}

function showNearest(points: readonly Point[], at: number, formatValue: (value: number) => string): string {
  const point = nearestPoint(points, at)
  return point && Math.abs(point.at - at) < 5000 ? formatValue(point.value) : '—'
}

const TABLE_ROWS = 15

function ChartTable({ series, to, spanMs, sentence, formatValue, formatAt }: ChartProps) {
  const pieceMs = spanMs / TABLE_ROWS
  const from = to - spanMs
  const means = series.map(line => meansOf(line.points, from, pieceMs, TABLE_ROWS))
  return (
    <div className={styles.tableScroll}>
      <table className={styles.table} aria-label={sentence}>
        <thead>
          <tr>
            <th scope="col">Until</th>
            {series.map(line => (
              <th key={line.name} scope="col">
                {line.name}, mean
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: TABLE_ROWS }, (_, index) => TABLE_ROWS - 1 - index).map(index => (
            <tr key={index}>
              <td>{formatAt(from + (index + 1) * pieceMs, true)}</td>
              {means.map((line, at) => {
                const mean = line[index] ?? null
                return <td key={series[at]?.name}>{mean === null ? '—' : formatValue(mean)}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Draws after each render, and when the size or the theme changed: reasons to draw again that React does not know. */
function useDrawing(canvas: { readonly current: HTMLCanvasElement | null }, drawing: Drawing): void {
  const draw = useEffectEvent(() => {
    if (canvas.current) drawChart(canvas.current, drawing)
  })
  useEffect(() => draw())
  useEffect(() => {
    const sizes = new ResizeObserver(() => draw())
    if (canvas.current) sizes.observe(canvas.current)
    const themes = new MutationObserver(() => draw())
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      sizes.disconnect()
      themes.disconnect()
    }
  }, [canvas])
}
