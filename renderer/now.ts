/** The time of day for components: it moves once a second while it is needed. */

import { useEffect, useState } from 'react'

/** Milliseconds since the epoch. */
export function useNow(isNeeded = true, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!isNeeded) return undefined
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [isNeeded, everyMs])
  return now
}
