/** What the user chose about the window itself: theme, density, single keys. Kept in the browser's storage, applied to the page. */

import { useSyncExternalStore } from 'react'

export type Theme = 'dark' | 'light' | 'system'
export type Density = 'compact' | 'comfortable'
export type WindowSettings = {
  readonly theme: Theme
  readonly density: Density
  readonly hasSingleKeys: boolean
  readonly isSidebarShown: boolean
}

const STORED_AS = 'millrace.window'
const defaults: WindowSettings = { theme: 'dark', density: 'compact', hasSingleKeys: true, isSidebarShown: true }

const prefersLight = window.matchMedia('(prefers-color-scheme: light)')
let settings = read()
const listeners = new Set<() => void>()

function read(): WindowSettings {
  const stored = parseStored()
  const oneOf = <T extends string>(value: unknown, options: readonly T[], otherwise: T): T =>
    options.find(option => option === value) ?? otherwise
  return {
    theme: oneOf(stored['theme'], ['dark', 'light', 'system'], defaults.theme),
    density: oneOf(stored['density'], ['compact', 'comfortable'], defaults.density),
    hasSingleKeys: stored['hasSingleKeys'] !== false,
    isSidebarShown: stored['isSidebarShown'] !== false,
  }
}

/** What was written by an older or newer window, or by hand: anything is possible, so nothing is trusted. */
function parseStored(): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(STORED_AS) ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** Call once, before the first render: no flash of the other theme. */
export function startSettings(): void {
  apply()
  prefersLight.addEventListener('change', apply)
}

function apply(): void {
  const theme = settings.theme === 'system' ? (prefersLight.matches ? 'light' : 'dark') : settings.theme
  document.documentElement.dataset['theme'] = theme
  document.documentElement.dataset['density'] = settings.density
  // The app draws the system's window controls over the title bar in this colour.
  const chrome = getComputedStyle(document.documentElement).getPropertyValue('--surface-0')
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', chrome)
}

export function changeSettings(change: Partial<WindowSettings>): void {
  settings = { ...settings, ...change }
  try {
    window.localStorage.setItem(STORED_AS, JSON.stringify(settings))
  } catch {
    // Storage may be full or refused: the choice then holds for this window only.
  }
  apply()
  for (const listener of listeners) listener()
}

export function currentSettings(): WindowSettings {
  return settings
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useSettings(): WindowSettings {
  return useSyncExternalStore(listen, currentSettings)
}
