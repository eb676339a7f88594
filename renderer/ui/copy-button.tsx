/** Copies text and says `Copied` in place for 1.2 s. */

import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { Button, IconButton } from './button.tsx'
import { text } from './text.tsx'

const SAID_FOR_MS = 1200

/** `wasCopied` is true for 1.2 s after a copy that worked. */
export function useCopy(): { readonly wasCopied: boolean; readonly copy: (text: string) => Promise<void> } {
  const [wasCopied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = useCallback(async (text: string) => {
    if (!(await copyText(text))) return
    setCopied(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setCopied(false), SAID_FOR_MS)
  }, [])
  return { wasCopied, copy }
}

/** False when the page may not write to the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // A page without focus or without https has no clipboard; the old way still works there.
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  const parent = document.activeElement?.closest('dialog') ?? document.body
  const before = document.activeElement
  parent.append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  return isDone
}

type CopyButtonProps = {
  /** What is copied; a function when it is costly to make. */
  readonly text: string | (() => string)
  /** Its name, as `Copy address`. */
  readonly label: string
  readonly size?: 'normal' | 'small'
  /** With text it is a plain button, without an icon button. */
  readonly children?: ReactNode
}

export function CopyButton({ text: copied, label, size = 'small', children }: CopyButtonProps) {
  const { wasCopied, copy } = useCopy()
  const run = (): void => void copy(typeof copied === 'string' ? copied : copied())
  // A name must contain the words that are seen, or it cannot be spoken.
  const name = typeof children === 'string' && label.startsWith(children) && !wasCopied ? label : undefined
  const said = (
    <span role="status" className={text['hidden']}>
      {wasCopied ? 'Copied' : ''}
    </span>
  )
  return children ? (
    <>
      <Button icon={wasCopied ? 'check' : 'copy'} size={size} onClick={run} aria-label={name}>
        {wasCopied ? 'Copied' : children}
      </Button>
      {said}
    </>
  ) : (
    <>
      <IconButton icon={wasCopied ? 'check' : 'copy'} label={wasCopied ? 'Copied' : label} size={size} onClick={run} />
      {said}
    </>
  )
}
