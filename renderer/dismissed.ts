/** Notices the user has put away. Kept in the browser's storage; each kind once, with what it was about, so that the next one shows again. */

import { useSyncExternalStore } from 'react'

const STORED_AS = 'millrace.dismissed'
export type NoticeKind = 'cut'

let dismissed = read()
const listeners = new Set<() => void>()

/** Anything may be stored there. */
function read(): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(STORED_AS) ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** `about` tells this notice from the next of its kind, as the start of the broker it tells of. */
export function dismissNotice(kind: NoticeKind, about: number): void {
  dismissed = { ...dismissed, [kind]: about }
  try {
    window.localStorage.setItem(STORED_AS, JSON.stringify(dismissed))
  } catch {
    // Storage may be full or refused: it is put away in this window only.
  }
  for (const listener of listeners) listener()
}

export function useIsDismissed(kind: NoticeKind, about: number): boolean {
  return useSyncExternalStore(listen, () => dismissed[kind] === about)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
