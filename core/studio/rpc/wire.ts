/** The messages of the contract's wire, and how each side recognises them. */

import * as v from 'valibot'

const id = v.pipe(v.number(), v.integer(), v.minValue(1))

/** From window to engine. `credit` is the number of items the reader is ready for. */
export const windowMessage = v.variant('is', [
  v.object({ is: v.literal('call'), id, area: v.string(), method: v.string(), input: v.unknown() }),
  v.object({ is: v.literal('open'), id, area: v.string(), method: v.string(), input: v.unknown(), credit: id }),
  v.object({ is: v.literal('grant'), id, credit: id }),
  v.object({ is: v.literal('close'), id }),
])
export type WindowMessage = v.InferOutput<typeof windowMessage>

const failure = v.object({ code: v.string(), message: v.string() })

/** From engine to window. */
export const engineMessage = v.variant('is', [
  v.object({ is: v.literal('answer'), id, output: v.unknown() }),
  v.object({ is: v.literal('fail'), id, failure }),
  v.object({ is: v.literal('item'), id, item: v.unknown() }),
  v.object({ is: v.literal('end'), id, failure: v.nullable(failure) }),
])
export type EngineMessage = v.InferOutput<typeof engineMessage>
