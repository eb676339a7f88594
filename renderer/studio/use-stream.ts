/** Reads a live stream, whole or a slice of it. */

import { useCallback, useSyncExternalStore } from 'react'
import { useStudio } from './context.tsx'
import type { Live, LiveStream } from './live.ts'

/**
 * The stream's value as it changes, at most once a frame: `waiting` until its first item, `failed` when it ended with a reason.
 * `input` is compared by content. Streams: studio/streams.ts.
 */
export function useStream<Input, Item, Value>(stream: LiveStream<Input, Item, Value>, input: Input): Live<Value> {
  const { stores } = useStudio()
  const store = stores.store(stream, input)
  return useSyncExternalStore(store.subscribe, store.read)
}

/**
 * Only what `select` takes of it: the component renders again only when that changed (compared by identity). undefined until data is
 * here.
 */
export function useStreamSlice<Input, Item, Value, Slice>(
  stream: LiveStream<Input, Item, Value>,
  input: Input,
  select: (value: Value) => Slice,
): Slice | undefined {
  const { stores } = useStudio()
  const store = stores.store(stream, input)
  const read = useCallback(() => {
    const live = store.read()
    return live.is === 'here' ? select(live.value) : undefined
  }, [store, select])
  return useSyncExternalStore(store.subscribe, read)
}
