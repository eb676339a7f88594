/**
 * Reading from files in steps: code that looks something up yields what it wants read and goes on with the number of bytes it got. The
 * same code then runs at once, for what is in the page cache, or in turn with everything else, for what is on the disk.
 */

export interface Readable {
  /** As of DiskFile: fewer bytes than `target` holds only at the end. */
  readNow(target: Uint8Array, position: number): number
  read(target: Uint8Array, position: number): Promise<number>
  /** Whether it is likely in the page cache; without it, it is not. */
  isWarm?(position: number, bytes: number): boolean
}

export type ReadStep = { readonly from: Readable; readonly target: Buffer; readonly position: number }
export type Reading<T> = Generator<ReadStep, T, number>

/** Steps done at once between two that let others run: some hundred microseconds. */
const STEPS_AT_ONCE = 64

/** Does each step at once. Throws what the disk throws, after the reading has cleaned up. */
export function readingNow<T>(reading: Reading<T>): T {
  let step = reading.next()
  while (!step.done) {
    const { from, target, position } = step.value
    let count: number
    try {
      count = from.readNow(target, position)
    } catch (failure) {
      step = reading.throw(failure)
      continue
    }
    step = reading.next(count)
  }
  return step.value
}

/** Does cold steps on the thread pool and warm ones at once. */
export async function readingInTurn<T>(reading: Reading<T>): Promise<T> {
  let step = reading.next()
  for (let done = 1; !step.done; done++) {
    const { from, target, position } = step.value
    const isQuick = done % STEPS_AT_ONCE !== 0 && from.isWarm?.(position, target.length) === true
    let count: number
    try {
      count = isQuick ? from.readNow(target, position) : await from.read(target, position)
    } catch (failure) {
      step = reading.throw(failure)
      continue
    }
    step = reading.next(count)
  }
  return step.value
}
