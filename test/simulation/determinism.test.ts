/** A seed is a whole life: led twice, it is the same to the letter. */

import { expect, test } from 'vitest'
import { live } from './live.ts'
import { scenarios } from './scenarios.ts'

test.each(Object.keys(scenarios))('the same seed leads the same life of %s', async scenario => {
  for (let seed = 1; seed <= 5; seed++) {
    const one = await live(scenario, seed)
    const two = await live(scenario, seed)
    expect(two.history).toEqual(one.history)
    expect(two.hash).toBe(one.hash)
  }
})
