/** Invariants: a failed assert is a bug of ours. It stops the unit it happens in, never the whole broker. */

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws AssertionError when `fact` is false. For what must be true if our own code is right; peers' mistakes are answers or FrameErrors. */
export function assert(fact: unknown, message = 'an invariant does not hold'): asserts fact {
  if (!fact) throw new AssertionError(message)
}

/** For the default branch of a switch over a union: the compiler proves it cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`)
}
