/** Values of any message at any version, derived from its schema. */

import * as fc from 'fast-check'
import { type Fields, type FieldSpec, holds, type Message } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'

const SAFE = Number.MAX_SAFE_INTEGER
const buffer = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))

const primitives = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  offset: fc.oneof(
    fc.integer({ min: -SAFE, max: SAFE }),
    fc.constantFrom(-1, 0, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, SAFE, -SAFE),
  ),
  float64: fc.double({ noNaN: true }),
  uuid: fc.oneof(
    fc.constant(ZERO_UUID),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('base64url')),
  ),
  string: fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 40 })),
  bytes: buffer,
  records: buffer,
}

/** What decoding gives back: fields the version lacks are at their defaults. */
export function arbitraryOf(message: Message<any>, version: number): fc.Arbitrary<any> {
  return structOf(message.fields as Fields, version)
}

function structOf(fields: Fields, version: number): fc.Arbitrary<unknown> {
  const model: { [name: string]: fc.Arbitrary<unknown> } = {}
  for (const [name, { spec }] of Object.entries(fields)) {
    model[name] = holds(spec.versions, version, true) ? fieldOf(spec, version) : fc.constant(spec.fallback)
  }
  return fc.record(model, { noNullPrototype: true })
}

function fieldOf(spec: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const choices = [{ arbitrary: valueOf(spec, version), weight: 4 }]
  if (spec.mayBeLeftOut && !isRefusedNull(spec, version)) choices.push({ arbitrary: fc.constant(spec.fallback), weight: 1 })
  if (holds(spec.nullable, version)) choices.push({ arbitrary: fc.constant(null), weight: 1 })
  return fc.oneof(...choices)
}

function isRefusedNull(spec: FieldSpec, version: number): boolean {
  return spec.fallback === null && !holds(spec.nullable, version)
}

function valueOf(spec: FieldSpec, version: number): fc.Arbitrary<unknown> {
  if (spec.kind === 'array') return fc.array(valueOf(spec.element as FieldSpec, version), { maxLength: 3 })
  if (spec.kind === 'struct') return structOf(spec.fields as Fields, version)
  return primitives[spec.kind]
}
