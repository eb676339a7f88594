/** Long work on the thread that serves clients: it gives way to them every few milliseconds. */

import type { Clock } from './clock.ts'

const SLICE_MS = 4

/** For one piece of long work: called between its steps it answers nothing while a slice lasts, then a promise that others have their turn. */
export function slices(clock: Clock): () => Promise<void> | undefined {
  let endsAt = clock.elapsed() + SLICE_MS
  const giveWay = async (): Promise<void> => {
    await new Promise<void>(resolve => void clock.after(0, resolve))
    endsAt = clock.elapsed() + SLICE_MS
  }
  return () => (clock.elapsed() < endsAt ? undefined : giveWay())
}
