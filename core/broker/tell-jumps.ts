/** Says in the log and to the window when time jumped: the machine slept, the process was stopped, or someone set the clock. */

import type { Clock, ClockJump } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { Taps } from './taps.ts'

/** Until the returned function is called. */
export function tellJumps({ clock, taps, logger }: { readonly clock: Clock; readonly taps: Taps; readonly logger: Logger }): () => void {
  return clock.onJump(jump => {
    logger.warn(textOf(jump), { seconds: Math.round(jump.gapMs / 1000) })
    taps.emit({ is: 'clock-jumped', gapMs: jump.gapMs, hasPaused: jump.is === 'paused' })
  })
}

function textOf({ is, gapMs }: ClockJump): string {
  if (is === 'paused') return 'this process did not run for a while (the computer slept, or it was stopped): sessions, timeouts and waits go on where they were'
  return gapMs > 0
    ? 'the clock of the computer went ahead (it slept, or was set): sessions, timeouts and waits go on where they were; retention follows it'
    : 'the clock of the computer was set back: sessions, timeouts and waits go on where they were; retention follows it'
}
