/** The bar over the screen while the engine is not connected: why, and when the next try is. The last data stays below, dimmed. */

import { formatDuration, formatTime } from '../format/time.ts'
import { useNow } from '../now.ts'
import type { Connection } from '../studio/connect.ts'
import { useConnection, useStudio } from '../studio/context.tsx'
import { Banner } from '../ui/banner.tsx'
import { Button } from '../ui/button.tsx'

export function LostConnection() {
  const connection = useConnection()
  return connection.is === 'lost' ? <Bar lost={connection} /> : null
}

function Bar({ lost: connection }: { readonly lost: Extract<Connection, { is: 'lost' }> }) {
  const { link } = useStudio()
  const now = useNow()
  const waitMs = Math.max(0, Math.ceil((connection.nextTryAt - now) / 1000) * 1000)
  return (
    <Banner
      tone="bad"
      action={
        <Button size="small" onClick={() => link.retryNow()}>
          Try now
        </Button>
      }
    >
      Not connected to the engine. {connection.reason} What you see is as of {formatTime(connection.since, now, { hasMs: false })}
      {waitMs > 0 ? `; next try in ${formatDuration(waitMs)}.` : '; trying now.'}
    </Banner>
  )
}
