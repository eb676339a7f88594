/** The words a schema is written in: what a field is on the wire, in which versions, and its type on our side. */

import { assert } from '../common/assert.ts'
import { ZERO_UUID } from './wire.ts'

/** '5+', '4-9' or '7'. */
export type VersionText = `${number}+` | `${number}-${number}` | `${number}`
/** Inclusive on both ends; `to` is Infinity for '5+'. */
export type VersionRange = { readonly from: number; readonly to: number }

export type PrimitiveKind = 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'offset' | 'float64' | 'uuid'
export type Kind = PrimitiveKind | 'string' | 'bytes' | 'records' | 'array' | 'struct'

/** All a schema says of one field: data for the compiler, the conformance test and the docs. */
export type FieldSpec = {
  readonly kind: Kind
  /** Versions that have the field; absent: every one. */
  readonly versions?: VersionRange
  readonly nullable?: VersionRange
  readonly tag?: number
  readonly tagged?: VersionRange
  /** What a reader finds where a version lacks the field, and a writer takes where the value is left out. */
  readonly fallback: unknown
  readonly mayBeLeftOut: boolean
  readonly element?: FieldSpec
  readonly fields?: Fields
}

// Fields of every type in one record: only here and in the compiler does a type not matter.
export type Fields = { readonly [name: string]: Field<any, any, boolean> }

/** What a decoded struct is: every field present. */
export type Received<F extends Fields> = { readonly [K in keyof F]: F[K]['received'] }
type LeftOut<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F]
/** What a struct to encode is: fields with a declared `.or` may be left out. */
export type Sent<F extends Fields> = { readonly [K in Exclude<keyof F, LeftOut<F>>]: F[K]['sent'] } & {
  readonly [K in LeftOut<F>]?: F[K]['sent'] | undefined
}

/** One field; every modifier gives a new one. */
export class Field<R, S = R, Optional extends boolean = false> {
  declare readonly received: R
  declare readonly sent: S
  declare readonly optional: Optional
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** The versions that have this field. */
  in(versions: VersionText): Field<R, S, Optional> {
    return new Field({ ...this.spec, versions: parseVersions(versions) })
  }

  /** May be null, in every version or in those given. */
  nullable(versions: VersionText = '0+'): Field<R | null, S | null, Optional> {
    return new Field({ ...this.spec, nullable: parseVersions(versions) })
  }

  /** Travels in the tag section of its struct (KIP-482), left out when it equals its default. */
  tagged(tag: number, versions: VersionText): Field<R, S, Optional> {
    const tagged = parseVersions(versions)
    return new Field({ ...this.spec, tag, tagged, versions: this.spec.versions ?? tagged })
  }

  /** The default, and leave to omit the field when writing. Without a value: Kafka's own default for the type. */
  or(...value: [] | [R]): Field<R, S, true> {
    const fallback = value.length === 0 ? this.spec.fallback : value[0]
    return new Field({ ...this.spec, fallback, mayBeLeftOut: true })
  }
}

function primitive<T>(kind: Kind, fallback: T): Field<T> {
  return new Field({ kind, fallback, mayBeLeftOut: false })
}

export const bool: Field<boolean> = primitive('bool', false)
export const int8: Field<number> = primitive('int8', 0)
export const int16: Field<number> = primitive('int16', 0)
export const uint16: Field<number> = primitive('uint16', 0)
export const int32: Field<number> = primitive('int32', 0)
export const uint32: Field<number> = primitive('uint32', 0)
export const int64: Field<bigint> = primitive('int64', 0n)
/** An int64 that counts records: a number; above 2^53 − 1 a decode error. */
export const offset: Field<number> = primitive('offset', 0)
/** An int64 that names a producer: a number, as `offset`. */
export const producerId: Field<number> = primitive('offset', 0)
export const float64: Field<number> = primitive('float64', 0)
/** 22 characters of base64url; ZERO_UUID for none. */
export const uuid: Field<string> = primitive('uuid', ZERO_UUID)
export const string: Field<string> = primitive('string', '')
/** Read as a view of the frame. */
export const bytes: Field<Buffer, Uint8Array> = new Field({ kind: 'bytes', fallback: Buffer.alloc(0), mayBeLeftOut: false })
/** Record batches, or null: read as a view of the frame, written by reference. */
export const records: Field<Buffer | null, Buffer | readonly Buffer[] | null> = new Field({
  kind: 'records',
  nullable: { from: 0, to: Infinity },
  fallback: null,
  mayBeLeftOut: false,
})

/** A list of values of one type, or of structs given by their fields. */
export function arrayOf<R, S>(element: Field<R, S>): Field<readonly R[], readonly S[]>
export function arrayOf<F extends Fields>(fields: F): Field<readonly Received<F>[], readonly Sent<F>[]>
export function arrayOf(element: Field<unknown> | Fields): Field<readonly unknown[]> {
  const spec = element instanceof Field ? element.spec : struct(element).spec
  return new Field({ kind: 'array', element: spec, fallback: Object.freeze([]), mayBeLeftOut: false })
}

export function struct<F extends Fields>(fields: F): Field<Received<F>, Sent<F>> {
  const fallback = Object.freeze(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.spec.fallback])))
  return new Field({ kind: 'struct', fields, fallback, mayBeLeftOut: false })
}

export function parseVersions(text: VersionText): VersionRange {
  const match = /^(\d+)(\+|-(\d+))?$/.exec(text)
  assert(match, `versions are '5+', '4-9' or '7', not '${text}'`)
  const from = Number(match[1])
  if (match[2] === undefined) return { from, to: from }
  const to = match[3] === undefined ? Infinity : Number(match[3])
  assert(from <= to, `versions '${text}' go upwards`)
  return { from, to }
}

/** Whether a range holds a version; an absent range holds none unless `absent` says otherwise. */
export function holds(range: VersionRange | undefined, version: number, absent = false): boolean {
  return range === undefined ? absent : version >= range.from && version <= range.to
}
