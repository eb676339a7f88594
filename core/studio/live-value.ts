/** One value that a subscriber follows: sent at once, then on a beat when it has changed; what it was in between is never queued. */

import type { StudioFailure } from './contract/contract.ts'
import type { Pulse } from './pulse.ts'
import type { Sink } from './rpc/serve.ts'
import { isSameValue } from './same-value.ts'

/** `compute` gives the value now, or why there is none any more, which ends the stream; `same` when it does not want to look yet. */
export function followValue<T>(sink: Sink<T>, pulse: Pulse, compute: () => { readonly value: T } | { readonly end: StudioFailure } | 'same'): void {
  let last: { readonly value: T } | null = null
  const look = (): void => {
    if (!sink.ready()) return
    const now = compute()
    if (now === 'same') return
    if ('end' in now) return sink.end(now.end)
    if (last && isSameValue(last.value, now.value)) return
    if (sink.send(now.value)) last = now
  }
  sink.onClose(pulse.on(look))
  look()
}
