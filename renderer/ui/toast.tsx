/** What was done, at the bottom right for 8 s, with a way back where there is one. The list lives outside React. */

import { useEffect, useState, useSyncExternalStore } from 'react'
import { Button, IconButton } from './button.tsx'
import styles from './toast.module.css'

export type Toast = { readonly text: string; readonly action?: { readonly label: string; readonly run: () => void } }
type Shown = Toast & { readonly id: number }

const STAYS_MS = 8000
const SHOWN_MAX = 3

let shown: readonly Shown[] = []
let lastId = 0
const listeners = new Set<() => void>()

/** Shows a toast; it goes after 8 s unless the pointer or the focus is on it. */
export function showToast(toast: Toast): void {
  change([...shown, { ...toast, id: ++lastId }].slice(-SHOWN_MAX))
}

function change(next: readonly Shown[]): void {
  shown = next
  for (const listener of listeners) listener()
}

function dismiss(id: number): void {
  change(shown.filter(other => other.id !== id))
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Rendered once, in the frame: a live region that is always there. */
export function Toasts() {
  const toasts = useSyncExternalStore(listen, () => shown)
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {toasts.map(toast => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function ToastLine({ toast }: { readonly toast: Shown }) {
  const [isHeld, setHeld] = useState(false)
  const { id } = toast
  useEffect(() => {
    if (isHeld) return undefined
    const timer = setTimeout(() => dismiss(id), STAYS_MS)
    return () => clearTimeout(timer)
  }, [isHeld, id])
  return (
    <div
      className={styles.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className={styles.text}>{toast.text}</span>
      {toast.action ? (
        <Button
          size="small"
          onClick={() => {
            toast.action?.run()
            dismiss(id)
          }}
        >
          {toast.action.label}
        </Button>
      ) : null}
      <IconButton icon="close" label="Dismiss" size="small" onClick={() => dismiss(id)} />
    </div>
  )
}
