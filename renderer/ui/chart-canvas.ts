/** Draws lines of a time-series chart on a canvas; colours come from the tokens of the moment. */

import { runsOf } from './chart-scale.ts'
import type { ChartSeries } from './chart.tsx'

export type Drawing = {
  readonly series: readonly ChartSeries[]
  readonly from: number
  readonly to: number
  readonly ticks: readonly number[]
  readonly crosshairAt: number | null
}

/** Points that are further apart than this many steps have a gap between them. */
const GAP_STEPS = 3.5

export function drawChart(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { clientWidth: width, clientHeight: height } = canvas
  const ratio = window.devicePixelRatio
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
  }
  const context = canvas.getContext('2d')
  if (!context || width === 0) return
  const style = getComputedStyle(canvas)
  const colour = (token: string): string => style.getPropertyValue(token)
  const top = drawing.ticks.at(-1) ?? 1
  const x = (at: number): number => ((at - drawing.from) / (drawing.to - drawing.from)) * width
  const y = (value: number): number => height - 0.5 - (value / top) * (height - 1)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  context.fillStyle = colour('--line')
  for (const tick of [0, ...drawing.ticks]) context.fillRect(0, Math.round(y(tick) - 0.5), width, 1)
  for (const series of drawing.series) drawSeries(context, { series, colour: colour(series.token), x, y, base: height })
  if (drawing.crosshairAt !== null) {
    context.fillStyle = colour('--line-control')
    context.fillRect(Math.round(x(drawing.crosshairAt)), 0, 1, height)
  }
}

function drawSeries(
  context: CanvasRenderingContext2D,
  {
    series,
    colour,
    x,
    y,
    base,
  }: {
    readonly series: ChartSeries
    readonly colour: string
    readonly x: (at: number) => number
    readonly y: (value: number) => number
    readonly base: number
  },
): void {
  for (const run of runsOf(series.points, GAP_STEPS * (series.stepMs ?? 1000))) {
    const [first, last] = [run[0], run.at(-1)]
    if (!first || !last) continue
    const line = new Path2D()
    line.moveTo(x(first.at), y(first.value))
    for (const point of run) line.lineTo(x(point.at), y(point.value))
    if (series.isFilled) {
      const area = new Path2D(line)
      area.lineTo(x(last.at), base)
      area.lineTo(x(first.at), base)
      context.globalAlpha = 0.1
      context.fillStyle = colour
      // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a canvas, not an array
      context.fill(area)
      context.globalAlpha = 1
    }
    context.strokeStyle = colour
    context.lineWidth = 1.4
    context.lineJoin = 'round'
    context.stroke(line)
  }
}
