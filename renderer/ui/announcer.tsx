/** Says things to screen readers that are seen elsewhere: progress, counts of new records, state changes. */

import { useSyncExternalStore } from 'react'
import { Hidden } from './text.tsx'

let said = ''
const listeners = new Set<() => void>()

/** Polite: spoken when the reader has finished what it says. */
export function announce(text: string): void {
  said = text
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Rendered once, in the frame. */
export function Announcer() {
  const text = useSyncExternalStore(listen, () => said)
  return (
    <div aria-live="polite">
      <Hidden>{text}</Hidden>
    </div>
  )
}
