/** The bar over the screen while the engine is not connected: why, and when the next try is. The last data stays below, dimmed. */

import { useEffect, useState } from 'react'
import { formatDuration, formatTime } from '../format/time.ts'
import { useConnection, useStudio } from '../studio/context.tsx'
import { Banner } from '../ui/banner.tsx'
import { Button } from '../ui/button.tsx'

export function LostConnection() {
  const connection = useConnection()
  const { link } = useStudio()
  const now = useNow(connection.is === 'lost')
  if (connection.is !== 'lost') return null
  const waitMs = Math.max(0, Math.ceil((connection.nextTryAt - now) / 1000) * 1000)
  return (
    <Banner tone="bad" action={<Button size="small" onClick={() => link.retryNow()}>Try now</Button>}>
      Not connected to the engine. {connection.reason} What you see is as of {formatTime(connection.since, now, { hasMs: false })}
      {waitMs > 0 ? `; next try in ${formatDuration(waitMs)}.` : '; trying now.'}
    </Banner>
  )
}

/** The time, moving once a second while it is needed. */
function useNow(isNeeded: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!isNeeded) return undefined
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isNeeded])
  return now
}
