/** Axes of time-series charts. Pure. */

/** Round figures from above 0 up to at least `max`, at most four: 5,000 10,000 15,000. Always at least one above zero. */
export function ticksTo(max: number): readonly number[] {
  if (!(max > 0)) return [1]
  const rough = max / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find(factor => factor * power >= rough) ?? 10) * power
  const count = Math.max(1, Math.ceil(max / step - 1e-9))
  return Array.from({ length: count }, (_, index) => Number(((index + 1) * step).toPrecision(6)))
}

export type Point = { readonly at: number; readonly value: number }

/** Points cut into runs without a gap: where more than `gapMs` passed nothing is known, and nothing is drawn. */
export function runsOf(points: readonly Point[], gapMs: number): readonly (readonly Point[])[] {
  const runs: Point[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && point.at - last.at <= gapMs) run.push(point)
    else runs.push([point])
  }
  return runs
}

/** The point nearest to a moment; undefined when there is none. */
export function nearestPoint(points: readonly Point[], at: number): Point | undefined {
  let best: Point | undefined
  for (const point of points) if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point
  return best
}

/** Means over equal pieces of the time shown, oldest first; a piece without points is null. */
export function meansOf(points: readonly Point[], from: number, pieceMs: number, pieces: number): readonly (number | null)[] {
  return Array.from({ length: pieces }, (_, index) => {
    const inside = points.filter(point => point.at > from + index * pieceMs && point.at <= from + (index + 1) * pieceMs)
    return inside.length === 0 ? null : inside.reduce((sum, point) => sum + point.value, 0) / inside.length
  })
}
