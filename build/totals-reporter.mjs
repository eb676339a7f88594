/** A Vitest reporter that leaves the run's totals in the file named by MILLRACE_TOTALS; build/test.mjs prints them. */

import { writeFileSync } from 'node:fs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

export default class TotalsReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const path = process.env['MILLRACE_TOTALS']
    if (path) writeFileSync(path, JSON.stringify(totalsOf(modules, unhandledErrors)))
  }
}

/**
 * A file that failed outside its tests (it did not load, a hook threw) counts as one failure, as does an error nobody handled.
 * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
 * @param {ReadonlyArray<unknown>} unhandledErrors
 * @returns {Totals}
 */
export function totalsOf(modules, unhandledErrors) {
  const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
  for (const module of modules) {
    if (module.errors().length > 0) totals.failed++
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) totals.failed++
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that was never reached is no success: its file already counts as failed.
      if (state === 'passed' || state === 'failed') totals[state]++
      else totals.skipped++
    }
  }
  return totals
}
