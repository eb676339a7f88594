/** A clock that leaves out the time in which the process did not run. */

import { expect, test } from 'vitest'
import { SteadyClock, type ClockJump, type Timer } from '../../../core/common/clock.ts'
import { SleepingMachine } from '../../support/sleeping-machine.ts'

function watched() {
  const machine = new SleepingMachine()
  const clock = new SteadyClock(machine)
  const jumps: ClockJump[] = []
  const forget = clock.onJump(jump => jumps.push({ ...jump, gapMs: Math.round(jump.gapMs / 1000) * 1000 }))
  const fired: string[] = []
  const after = (delayMs: number, name: string): Timer => clock.after(delayMs, () => fired.push(name))
  return { machine, clock, jumps, forget, fired, after }
}

test('a timer whose time came while the process did not run waits for what was left', () => {
  const { machine, clock, jumps, fired, after } = watched()
  after(10_000, 'session')
  after(60_000, 'later')
  machine.run(4000)
  const before = clock.elapsed()
  machine.sleep(600_000, true)
  machine.run(0)
  expect([jumps, fired]).toEqual([[{ is: 'paused', gapMs: 600_000 }], []])
  expect(clock.elapsed() - before).toBe(0)
  machine.run(5900)
  expect(fired).toEqual([])
  machine.run(200)
  expect(fired).toEqual(['session'])
  machine.run(49_800)
  expect(fired).toEqual(['session'])
  machine.run(200)
  expect(fired).toEqual(['session', 'later'])
})

test('a pause of less than ten seconds counts as time', () => {
  const { machine, jumps, fired, after } = watched()
  after(9000, 'session')
  machine.run(1000)
  machine.sleep(9500, true)
  machine.run(0)
  expect([jumps, fired]).toEqual([[], ['session']])
})

test('a process that only waits for one late timer does not take its own quiet for a jump', () => {
  const { machine, jumps, fired, after } = watched()
  after(120_000, 'late')
  machine.run(121_000)
  expect([jumps, fired]).toEqual([[], ['late']])
})

test('where monotonic time does not count sleep, and where someone sets the clock, it is told and no deadline moves', () => {
  const { machine, jumps, fired, after } = watched()
  after(10_000, 'session')
  machine.run(4000)
  machine.sleep(600_000, false)
  machine.run(1000)
  machine.sleep(-3_600_000, false)
  machine.run(1000)
  expect([jumps, fired]).toEqual([[{ is: 'set', gapMs: 600_000 }, { is: 'set', gapMs: -3_600_000 }], []])
  machine.run(4000)
  expect(fired).toEqual(['session'])
})

test('two sleeps one after the other both move what waits, by up to a second more each', () => {
  const { machine, jumps, fired, after } = watched()
  after(3000, 'session')
  for (let turn = 0; turn < 2; turn++) {
    machine.run(1400)
    machine.sleep(20_000, true)
  }
  machine.run(100)
  expect([jumps.length, fired]).toEqual([2, []])
  machine.run(2100)
  expect(fired).toEqual(['session'])
})

test('nothing is looked at when nobody waits: every timer and listener that ends takes the look with it', () => {
  const { machine, forget, after } = watched()
  const cancelled = after(5000, 'never')
  after(100, 'soon')
  machine.run(200)
  cancelled.cancel()
  cancelled.cancel()
  expect(machine.timerCount).toBe(1)
  forget()
  expect(machine.timerCount).toBe(0)
})
