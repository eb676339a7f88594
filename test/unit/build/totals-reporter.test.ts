/** The last line of `npm test` counts everything: what passed, what failed in or outside a test, what did not run. */

import { expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { totalsOf } from '../../../build/totals-reporter.mjs'

type State = 'passed' | 'failed' | 'skipped' | 'pending'
function module(states: readonly State[], faults: { readonly own?: number; readonly suites?: number } = {}): TestModule {
  const errors = (count = 0): readonly Error[] => Array.from({ length: count }, () => new Error('a fault'))
  const children = {
    allSuites: () => [{ errors: () => errors(faults.suites) }],
    allTests: () => states.map(state => ({ result: () => ({ state }) })),
  }
  return { errors: () => errors(faults.own), children } as unknown as TestModule // The three calls that are counted from.
}

test('tests are counted by how they ended, one that was never reached as skipped', () => {
  expect(totalsOf([module(['passed', 'passed', 'skipped']), module(['failed', 'pending'])], [])).toEqual({ passed: 2, failed: 1, skipped: 2 })
})

test('a file that did not load, a hook that threw and an error nobody handled each count as a failure', () => {
  expect(totalsOf([module([], { own: 1 }), module(['passed', 'skipped'], { suites: 2 })], [new Error('unhandled')])).toEqual({ passed: 1, failed: 3, skipped: 1 })
})
