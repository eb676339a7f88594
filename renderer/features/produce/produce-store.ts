/** The draft and what was sent, kept while the window is open: going to another screen loses neither. */

import { useSyncExternalStore } from 'react'
import { emptyDraft, type Draft } from './produce-state.ts'

/** A record the engine took. */
export type Sent = {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly tookMs: number
}

type Kept = { readonly draft: Draft; readonly sent: readonly Sent[] }

const SENT_MAX = 50

let kept: Kept = { draft: emptyDraft, sent: [] }
let lastId = 0
const listeners = new Set<() => void>()

function change(next: Kept): void {
  kept = next
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useKept(): Kept {
  return useSyncExternalStore(listen, () => kept)
}

export function currentDraft(): Draft {
  return kept.draft
}

export function changeDraft(part: Partial<Draft>): void {
  change({ ...kept, draft: { ...kept.draft, ...part } })
}

/** Newest first. */
export function addSent(sent: Omit<Sent, 'id'>): void {
  change({ ...kept, sent: [{ ...sent, id: ++lastId }, ...kept.sent].slice(0, SENT_MAX) })
}

/** For rows of a form that come and go. */
export function nextId(): number {
  return ++lastId
}
