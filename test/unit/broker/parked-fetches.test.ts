/** Fetches that wait: each ends once, by what it watches, its time, its connection or the stop; and so many wait at once. */

import { expect, test } from 'vitest'
import { ParkedFetches } from '../../../core/broker/parked-fetches.ts'
import { PARKED_REQUESTS_MAX } from '../../../core/common/limits.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'

function setting() {
  const clock = new SimulatedClock()
  const parked = new ParkedFetches(clock)
  const watching = new Set<() => void>()
  const listening = new Set<() => void>()
  const state = { isReady: false, looks: 0 }
  const park = (maxWaitMs = 500): Promise<void> => parked.park({
    maxWaitMs,
    watch(wake) {
      watching.add(wake)
      return () => void watching.delete(wake)
    },
    isReady: () => (state.looks++, state.isReady),
    onGone(run) {
      listening.add(run)
      return () => void listening.delete(run)
    },
  })
  const isClean = (): boolean => watching.size === 0 && listening.size === 0 && clock.pendingCount === 0 && parked.count === 0
  return { clock, parked, park, state, watching, listening, isClean }
}

test('one that was woken waits on until there is enough; several wakes of a turn are one look', async () => {
  const { park, state, watching, isClean } = setting()
  const fetch = park()
  for (const wake of watching) for (let count = 0; count < 5; count++) wake()
  await Promise.resolve()
  expect([state.looks, isClean()]).toEqual([1, false])
  state.isReady = true
  for (const wake of watching) wake()
  await fetch
  expect([state.looks, isClean()]).toEqual([2, true])
})

test('time, the end of its connection and the stop end it, and leave nothing behind', async () => {
  const { clock, parked, park, listening, isClean } = setting()
  const byTime = park()
  clock.advance(500)
  await byTime
  expect(isClean()).toBe(true)
  const byGoing = park()
  for (const run of listening) run()
  await byGoing
  expect(isClean()).toBe(true)
  const byStop = [park(), park()]
  parked.stop()
  await Promise.all(byStop)
  expect(isClean()).toBe(true)
})

test('above the bound one is answered at once with what there is', async () => {
  const { parked, park, isClean } = setting()
  const waiting = Array.from({ length: PARKED_REQUESTS_MAX }, () => park())
  await park()
  expect(parked.count).toBe(PARKED_REQUESTS_MAX)
  parked.stop()
  await Promise.all(waiting)
  expect(isClean()).toBe(true)
})
