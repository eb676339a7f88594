/** A bare machine has no compiler: `npm ci` must not want one. */

import { expect, test } from 'vitest'
import { compiledByNpm10 } from '../../../build/lock.mjs'

test('npm compiles nothing at install (if it would: `npm run lock`)', () => {
  expect(compiledByNpm10()).toEqual([])
})
