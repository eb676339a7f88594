/** Randomness as an argument: system randomness for the product, a seeded generator for tests and simulation. */

import { randomBytes } from 'node:crypto'

export interface Random {
  /** A whole number, 0 <= n < below; `below` at most 2^32. */
  below(below: number): number
  /** `length` random bytes. */
  bytes(length: number): Buffer
}

export const systemRandom: Random = {
  below: below => Math.floor((randomBytes(4).readUInt32BE(0) / 0x1_0000_0000) * below),
  bytes: length => randomBytes(length),
}

/** The same seed gives the same sequence (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    below: below => Math.floor((next() / 0x1_0000_0000) * below),
    bytes(length) {
      const bytes = Buffer.alloc(length)
      for (let at = 0; at < length; at++) bytes[at] = next() & 0xff
      return bytes
    },
  }
}
