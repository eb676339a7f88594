/** The frame's commands: go to each screen, back and forward, palette, keys, theme, sidebar, regions. */

import { useMemo } from 'react'
import type { LocalStatus } from '../../core/studio/contract/local.ts'
import { useCommands, type Command } from '../commands.ts'
import { goBack, goForward, goTo } from '../navigation.ts'
import type { Place } from '../places.ts'
import { changeSettings, currentSettings, type Theme } from '../settings.ts'
import type { IconName } from '../ui/icons.tsx'

export type Destination = {
  readonly place: Place
  readonly title: string
  readonly icon: IconName
  readonly keys: string
  readonly synonyms: string
  /** Says whether the sidebar has it, for what not every broker has; the palette and its keys always do. */
  readonly isShown?: (status: LocalStatus) => boolean
}

/** The sidebar's entries, in order. */
export const destinations: readonly Destination[] = [
  { place: { at: 'overview' }, title: 'Overview', icon: 'overview', keys: 'g o', synonyms: 'home start rates' },
  { place: { at: 'topics' }, title: 'Topics', icon: 'topics', keys: 'g t', synonyms: 'list records storage' },
  { place: { at: 'groups' }, title: 'Groups', icon: 'groups', keys: 'g g', synonyms: 'consumers lag' },
  {
    place: { at: 'transactions' }, title: 'Transactions', icon: 'transactions', keys: 'g r', synonyms: 'transactional id exactly once abort',
    isShown: status => status.transactionalIdCount > 0,
  },
  { place: { at: 'brokers' }, title: 'Brokers', icon: 'brokers', keys: 'g b', synonyms: 'cluster nodes leaders stop start', isShown: status => status.brokerCount > 1 },
  { place: { at: 'produce' }, title: 'Produce', icon: 'produce', keys: 'g n', synonyms: 'write send record' },
  { place: { at: 'connect' }, title: 'Connect', icon: 'connect', keys: 'g c', synonyms: 'client address bootstrap how help' },
  { place: { at: 'settings' }, title: 'Settings', icon: 'settings', keys: 'mod+,', synonyms: 'theme density preferences' },
]

const themes: readonly { readonly theme: Theme; readonly title: string }[] = [
  { theme: 'dark', title: 'Use the dark theme' },
  { theme: 'light', title: 'Use the light theme' },
  { theme: 'system', title: 'Use the theme of the system' },
]

export function useFrameCommands(setOver: (over: 'palette' | 'keys') => void): void {
  useCommands(useMemo(() => frameCommands(setOver), [setOver]))
}

function frameCommands(setOver: (over: 'palette' | 'keys') => void): readonly Command[] {
  return [
    ...destinations.map(({ place, title, icon, keys, synonyms }): Command => ({
      id: `go.${place.at}`,
      title,
      group: 'Go to',
      icon,
      keys: [keys],
      synonyms,
      perform: () => goTo(place),
    })),
    { id: 'go.back', title: 'Back', group: 'Go to', icon: 'back', keys: ['[', 'alt+arrowleft'], perform: goBack },
    { id: 'go.forward', title: 'Forward', group: 'Go to', icon: 'forward', keys: [']', 'alt+arrowright'], perform: goForward },
    {
      id: 'view.palette',
      title: 'Go to or do anything',
      group: 'View',
      icon: 'search',
      keys: ['mod+k'],
      perform: () => setOver('palette'),
    },
    {
      id: 'view.keys',
      title: 'Show all keys',
      group: 'View',
      icon: 'keyboard',
      keys: ['?'],
      synonyms: 'shortcuts help',
      perform: () => setOver('keys'),
    },
    {
      id: 'view.sidebar',
      title: 'Show or hide the sidebar',
      group: 'View',
      icon: 'inspector',
      keys: ['mod+\\'],
      perform: () => changeSettings({ isSidebarShown: !currentSettings().isSidebarShown }),
    },
    ...themes.map(({ theme, title }): Command => ({
      id: `view.theme.${theme}`,
      title,
      group: 'View',
      icon: 'theme',
      synonyms: 'appearance colour mode',
      when: () => currentSettings().theme !== theme,
      perform: () => changeSettings({ theme }),
    })),
    { id: 'view.region.next', title: 'Go to the next part of the window', group: 'View', keys: ['f6'], perform: () => focusRegion(1) },
    {
      id: 'view.region.previous',
      title: 'Go to the previous part of the window',
      group: 'View',
      keys: ['shift+f6'],
      perform: () => focusRegion(-1),
    },
  ]
}

/** Regions carry `data-region`; the focus goes to the list in it, else to its first control, else to itself. */
function focusRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    region => region.offsetParent !== null || region.offsetHeight > 0,
  )
  const at = regions.findIndex(region => region.contains(document.activeElement))
  const next = regions[at < 0 ? (step === 1 ? 0 : regions.length - 1) : (at + step + regions.length) % regions.length]
  const target =
    next?.querySelector<HTMLElement>('[role=grid], [aria-current=page], a[href], button, input, select, textarea, [tabindex="0"]') ?? next
  target?.focus({ preventScroll: true })
}
