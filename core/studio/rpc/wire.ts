/** The heads of the messages on the contract's wire, how each side recognises them, and what payload follows each. */

import * as v from 'valibot'

const id = v.pipe(v.number(), v.integer(), v.minValue(1))

/** From window to engine. `credit` is a number of items the reader is ready for. Payload of call and open: the input; else null. */
export const windowHead = v.variant('is', [
  v.object({ is: v.literal('call'), id, area: v.string(), method: v.string() }),
  v.object({ is: v.literal('open'), id, area: v.string(), method: v.string(), credit: id }),
  v.object({ is: v.literal('grant'), id, credit: id }),
  v.object({ is: v.literal('close'), id }),
])
export type WindowHead = v.InferOutput<typeof windowHead>

/** From engine to window. Payload: of answer the output, of item the item, of fail a failure, of end a failure or null. */
export const engineHead = v.object({ is: v.picklist(['answer', 'fail', 'item', 'end']), id })
export type EngineHead = v.InferOutput<typeof engineHead>

export const failure = v.object({ code: v.string(), message: v.string() })
