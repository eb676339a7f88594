/** Where the window is: the page's own history, read as places. */

import { useSyncExternalStore } from 'react'
import { hrefOf, parsePlace, type Place } from './places.ts'

type Entry = { readonly place: Place; readonly index: number; readonly last: number }

let entry: Entry = { place: placeOfPage(), index: 0, last: 0 }
const listeners = new Set<() => void>()

function placeOfPage(): Place {
  return parsePlace(window.location.hash) ?? { at: 'overview' }
}

/** Call once, before the first render. */
export function startNavigation(): void {
  const state: unknown = window.history.state
  const index = isIndexed(state) ? state.index : 0
  entry = { place: placeOfPage(), index, last: index }
  window.history.replaceState({ index }, '', hrefOf(entry.place))
  window.addEventListener('popstate', onPopState)
}

function onPopState(): void {
  const state: unknown = window.history.state
  // A plain <a href="#/…"> makes an entry without our state: it is one further than the last.
  const isNew = !isIndexed(state)
  const index = isNew ? entry.index + 1 : state.index
  if (isNew) window.history.replaceState({ index }, '', window.location.hash)
  change({ place: placeOfPage(), index, last: isNew ? index : Math.max(entry.last, index) })
}

function isIndexed(state: unknown): state is { index: number } {
  return typeof state === 'object' && state !== null && 'index' in state && typeof state.index === 'number'
}

function change(next: Entry): void {
  entry = next
  for (const listener of listeners) listener()
}

/** Goes to a place. `replace` keeps the way back as it is: for a filter or a selection within a screen. */
export function goTo(place: Place, how: 'push' | 'replace' = 'push'): void {
  if (hrefOf(place) === hrefOf(entry.place)) return
  const index = how === 'push' ? entry.index + 1 : entry.index
  if (how === 'push') window.history.pushState({ index }, '', hrefOf(place))
  else window.history.replaceState({ index }, '', hrefOf(place))
  change({ place, index, last: how === 'push' ? index : entry.last })
}

export function goBack(): void {
  if (entry.index > 0) window.history.back()
}

export function goForward(): void {
  if (entry.index < entry.last) window.history.forward()
}

export function currentPlace(): Place {
  return entry.place
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePlace(): Place {
  return useSyncExternalStore(listen, currentPlace)
}

export function useHistory(): { readonly canGoBack: boolean; readonly canGoForward: boolean } {
  const { index, last } = useSyncExternalStore(listen, () => entry)
  return { canGoBack: index > 0, canGoForward: index < last }
}
