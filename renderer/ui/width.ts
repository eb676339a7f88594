/** The width class of the window: under 1180 px the sidebar is a rail and optional columns go. */

import { useSyncExternalStore } from 'react'

const narrow = window.matchMedia('(max-width: 1179px)')

function listen(listener: () => void): () => void {
  narrow.addEventListener('change', listener)
  return () => narrow.removeEventListener('change', listener)
}

export function useIsNarrow(): boolean {
  return useSyncExternalStore(listen, () => narrow.matches)
}
