/** Axes, gaps and means of charts, and the sparkline's path. */

import { expect, test } from 'vitest'
import { meansOf, nearestPoint, runsOf, ticksTo } from '../../../../renderer/ui/chart-scale.ts'
import { placeBeside } from '../../../../renderer/ui/floating.ts'

test('ticks are round, reach the largest figure and are at most four', () => {
  expect([13_866, 10_000, 1, 0.04, 7, 0].map(ticksTo)).toEqual([
    [5000, 10_000, 15_000],
    [5000, 10_000],
    [0.5, 1],
    [0.02, 0.04],
    [2.5, 5, 7.5],
    [1],
  ])
  for (const max of [3, 11, 99, 1234, 8_765_432]) {
    const ticks = ticksTo(max)
    expect(ticks.length).toBeLessThanOrEqual(4)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(max)
  }
})

const points = [0, 1000, 2000, 9000, 10_000].map(at => ({ at, value: at / 1000 }))

test('a time without data is a gap', () => {
  expect(runsOf(points, 3000).map(run => run.map(({ at }) => at))).toEqual([
    [0, 1000, 2000],
    [9000, 10_000],
  ])
  expect(runsOf([], 3000)).toEqual([])
})

test('the crosshair takes the nearest point', () => {
  expect([nearestPoint(points, 4000)?.at, nearestPoint(points, 8000)?.at, nearestPoint([], 0)]).toEqual([2000, 9000, undefined])
})

test('means tell pieces without data from pieces of zero', () => {
  expect(meansOf(points, 0, 5000, 2)).toEqual([1.5, 9.5])
  expect(meansOf(points, 2000, 3000, 2)).toEqual([null, null])
})

test('what floats stays in the window: it flips above and shifts inwards', () => {
  const view = { width: 800, height: 600 }
  const size = { width: 200, height: 100 }
  expect(placeBeside({ left: 10, right: 60, top: 10, bottom: 30 }, size, view)).toEqual({ left: 10, top: 34 })
  expect(placeBeside({ left: 760, right: 790, top: 560, bottom: 590 }, size, view)).toEqual({ left: 592, top: 456 })
  expect(placeBeside({ left: 300, right: 340, top: 10, bottom: 30 }, size, view, { align: 'center' })).toEqual({ left: 220, top: 34 })
})
