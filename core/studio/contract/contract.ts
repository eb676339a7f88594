/** The form of the contract between window and engine: named calls and streams, inputs validated, outputs typed. */

import type * as v from 'valibot'

export type Schema = v.GenericSchema
/** A question with one answer. */
export type Call<I extends Schema = Schema, O = unknown> = { readonly is: 'call'; readonly input: I; readonly output?: O }
/** A subscription: items until one side ends it; the engine sends only as many as the reader granted. */
export type Stream<I extends Schema = Schema, O = unknown> = { readonly is: 'stream'; readonly input: I; readonly item?: O }
export type Method = Call<any, any> | Stream<any, any>
export type Contract = Readonly<Record<string, Readonly<Record<string, Method>>>>

/** Declares a call: `call<Answer>()(schema of the input)`. */
export const call = <O>() => <I extends Schema>(input: I): Call<I, O> => ({ is: 'call', input })
/** Declares a stream: `stream<Item>()(schema of the input)`. */
export const stream = <O>() => <I extends Schema>(input: I): Stream<I, O> => ({ is: 'stream', input })

export type InputOf<M> = M extends Call<infer I, any> ? v.InferOutput<I> : M extends Stream<infer I, any> ? v.InferOutput<I> : never
export type OutputOf<M> = M extends Call<any, infer O> ? O : M extends Stream<any, infer O> ? O : never

/** What a call or stream fails with. `code` is a StudioErrorCode or Kafka's error name; `message` says what, where and what to do. */
export type StudioFailure = { readonly code: string; readonly message: string }
export type StudioErrorCode = 'INVALID_INPUT' | 'NOT_FOUND' | 'DISCONNECTED' | 'UNAVAILABLE' | 'BUG'

/** A list kept up to date: first a snapshot, then what changed. Rows are replaced whole, by their key. */
export type ListItem<Row, Key = string> =
  | { readonly is: 'snapshot'; readonly rows: readonly Row[] }
  | { readonly is: 'changes'; readonly upserts: readonly Row[]; readonly removed: readonly Key[] }
