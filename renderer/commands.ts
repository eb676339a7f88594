/** A command is one object; palette, menus, tooltips and shortcuts read the same list. Screens add theirs while they are shown. */

import { useEffect, useSyncExternalStore } from 'react'
import { chordOf, isSingleKey, printKeys } from './keys.ts'
import { currentSettings } from './settings.ts'
import type { IconName } from './ui/icons.tsx'

export type Command = {
  /** Unique, as `topics.create`. */
  readonly id: string
  /** What it does, as a button would say it. */
  readonly title: string
  readonly group: 'Go to' | 'Do' | 'View'
  readonly icon?: IconName
  /** The first is shown: `mod+k`, `g t`, `?`. */
  readonly keys?: readonly string[]
  /** Other words the palette finds it by. */
  readonly synonyms?: string
  /** false: not now, and not listed. */
  readonly when?: () => boolean
  readonly perform: () => void
}

export const isMac = navigator.userAgent.includes('Macintosh')

let commands: readonly Command[] = []
const listeners = new Set<() => void>()

/** Adds commands until the returned function is called. */
export function addCommands(added: readonly Command[]): () => void {
  change([...commands, ...added])
  return () => change(commands.filter(command => !added.includes(command)))
}

function change(next: readonly Command[]): void {
  commands = next
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Adds a screen's commands while it is shown. Memoise the list. */
export function useCommands(added: readonly Command[]): void {
  useEffect(() => addCommands(added), [added])
}

/** Every command that can be used now; a screen's own come last and win over the frame's with the same keys. */
export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(listen, () => commands).filter(isPossible)
}

function isPossible(command: Command): boolean {
  return command.when?.() ?? true
}

/** The keys of a command for a tooltip, as `⌘K`; undefined when it has none. */
export function keysOf(command: Pick<Command, 'keys'>): string | undefined {
  const first = command.keys?.[0]
  return first === undefined ? undefined : printKeys(first, isMac)
}

const SEQUENCE_WITHIN_MS = 1200

/** Listens for shortcuts on the window until the returned function is called. */
export function startShortcuts(): () => void {
  let pending: { readonly chord: string; readonly at: number } | null = null
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    const chord = chordOf(event, isMac)
    if (chord === '') return
    const isFresh = pending !== null && event.timeStamp - pending.at < SEQUENCE_WITHIN_MS
    const sequence = isFresh && pending ? `${pending.chord} ${chord}` : null
    const command = (sequence === null ? undefined : commandFor(sequence, event)) ?? commandFor(chord, event)
    pending = command === undefined && startsSequence(chord, event) ? { chord, at: event.timeStamp } : null
    if (!command) return
    event.preventDefault()
    command.perform()
  }
  window.addEventListener('keydown', onKeyDown)
  return () => window.removeEventListener('keydown', onKeyDown)
}

function commandFor(keys: string, event: KeyboardEvent): Command | undefined {
  if (isSingleKey(keys) && !takesSingleKeys(event)) return undefined
  return commands.findLast(command => command.keys?.includes(keys) && isPossible(command))
}

function startsSequence(chord: string, event: KeyboardEvent): boolean {
  return takesSingleKeys(event) && commands.some(command => command.keys?.some(keys => keys.startsWith(`${chord} `)))
}

function takesSingleKeys(event: KeyboardEvent): boolean {
  if (!currentSettings().hasSingleKeys) return false
  return !(
    event.target instanceof Element &&
    event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=menu]')
  )
}
