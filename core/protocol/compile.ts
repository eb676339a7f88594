/** Turns the fields of a schema, at one version, into closures that read and write them: nothing is looked up by version afterwards. */

import { assert } from '../common/assert.ts'
import { type Fields, type FieldSpec, holds, type Kind } from './field.ts'
import { FrameError } from './frame-error.ts'
import { type Reader, Writer } from './wire.ts'

export type Read = (reader: Reader) => any
export type Write = (writer: Writer, value: any) => void
/** One type at one version. `bytesMin`: the least bytes a value of it takes, by which the length of an array is checked. */
export type Codec = { readonly read: Read; readonly write: Write; readonly bytesMin: number }

type Plan = { readonly version: number; readonly isFlexible: boolean }
type Tagged = { readonly name: string; readonly tag: number; readonly codec: Codec; readonly isDefault: (value: any) => boolean }

const primitives: { readonly [K in Kind]?: Codec } = {
  bool: { read: reader => reader.bool(), write: (writer, value) => writer.bool(value), bytesMin: 1 },
  int8: { read: reader => reader.int8(), write: (writer, value) => writer.int8(value), bytesMin: 1 },
  int16: { read: reader => reader.int16(), write: (writer, value) => writer.int16(value), bytesMin: 2 },
  uint16: { read: reader => reader.uint16(), write: (writer, value) => writer.int16(value), bytesMin: 2 },
  int32: { read: reader => reader.int32(), write: (writer, value) => writer.int32(value), bytesMin: 4 },
  uint32: { read: reader => reader.uint32(), write: (writer, value) => writer.int32(value), bytesMin: 4 },
  int64: { read: reader => reader.int64(), write: (writer, value) => writer.int64(value), bytesMin: 8 },
  offset: { read: reader => reader.offset(), write: (writer, value) => writer.offset(value), bytesMin: 8 },
  float64: { read: reader => reader.float64(), write: (writer, value) => writer.float64(value), bytesMin: 8 },
  uuid: { read: reader => reader.uuid(), write: (writer, value) => writer.uuid(value), bytesMin: 16 },
}

/** A struct's fields in order, then in flexible versions its tag section. */
export function compileStruct(fields: Fields, plan: Plan): Codec {
  const names = Object.keys(fields)
  const codecs: Codec[] = []
  const written: { readonly name: string; readonly spec: FieldSpec; readonly write: Write }[] = []
  const tagged: Tagged[] = []
  for (const [name, field] of Object.entries(fields)) {
    const spec = field.spec
    const codec = holds(spec.versions, plan.version, true) ? compileField(spec, plan) : undefined
    if (codec && !holds(spec.tagged, plan.version)) {
      codecs.push(codec)
      written.push({ name, spec, write: spec.kind === 'string' && name.endsWith('Message') ? cutWrite(codec.write) : codec.write })
      continue
    }
    codecs.push(constant(spec.fallback))
    if (codec) tagged.push({ name, tag: spec.tag ?? 0, codec, isDefault: defaultTest(spec) })
  }
  assert(tagged.length === 0 || plan.isFlexible, 'only flexible versions have tagged fields')
  tagged.sort((a, b) => a.tag - b.tag)
  const bytesMin = codecs.reduce((sum, codec) => sum + codec.bytesMin, plan.isFlexible ? 1 : 0)
  return { read: structRead(names, codecs, tagged, plan), write: structWrite(written, tagged, plan), bytesMin }
}

function structRead(names: readonly string[], codecs: readonly Codec[], tagged: readonly Tagged[], plan: Plan): Read {
  const reads = codecs.map(codec => codec.read)
  const count = names.length
  const readFields: Read = reader => {
    const value: { [name: string]: unknown } = {}
    for (let index = 0; index < count; index++) value[names[index] as string] = (reads[index] as Read)(reader)
    return value
  }
  if (!plan.isFlexible) return readFields
  if (tagged.length === 0) {
    return reader => {
      const value = readFields(reader)
      reader.skipTags()
      return value
    }
  }
  return reader => {
    const value = readFields(reader)
    readTags(reader, value, tagged)
    return value
  }
}

/** Tags may come in any order; of one that comes twice the last counts; an unknown one is stepped over. All as in Kafka. */
function readTags(reader: Reader, value: { [name: string]: unknown }, tagged: readonly Tagged[]): void {
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint()
    const start = reader.take(reader.uvarint())
    const known = tagged.find(candidate => candidate.tag === tag)
    if (!known) continue
    const frameEnd = reader.end
    const fieldEnd = reader.at
    reader.at = start
    reader.end = fieldEnd
    value[known.name] = known.codec.read(reader)
    if (reader.at !== fieldEnd) throw new FrameError(`tag ${tag} holds more than its field at byte ${reader.at}`)
    reader.end = frameEnd
  }
}

function structWrite(
  written: readonly { readonly name: string; readonly spec: FieldSpec; readonly write: Write }[],
  tagged: readonly Tagged[],
  plan: Plan,
): Write {
  const names = written.map(field => field.name)
  const writes = written.map(field => field.write)
  const specs = written.map(field => field.spec)
  const count = names.length
  const hasTags = tagged.length > 0
  return (writer, value) => {
    for (let index = 0; index < count; index++) {
      let field = value[names[index] as string]
      if (field === undefined) field = leftOut(specs[index] as FieldSpec, names[index] as string)
      ;(writes[index] as Write)(writer, field)
    }
    if (hasTags) writeTags(writer, value, tagged)
    else if (plan.isFlexible) writer.int8(0)
  }
}

function leftOut(spec: FieldSpec, name: string): unknown {
  assert(spec.mayBeLeftOut, `${name} has no value to write and no default`)
  return spec.fallback
}

function writeTags(writer: Writer, value: any, tagged: readonly Tagged[]): void {
  let count = 0
  for (const field of tagged) if (!field.isDefault(value[field.name])) count++
  writer.uvarint(count)
  if (count === 0) return
  for (const field of tagged) {
    const content = value[field.name]
    if (field.isDefault(content)) continue
    // A field's size goes before it, and is rarely needed: written apart, then listed.
    const apart = new Writer()
    field.codec.write(apart, content)
    writer.uvarint(field.tag)
    writer.uvarint(apart.byteLength)
    for (const piece of apart.finish()) writer.splice(piece)
  }
}

/** Whether a tagged field need not be sent. */
function defaultTest(spec: FieldSpec): (value: any) => boolean {
  const fallback = spec.fallback
  if (spec.kind === 'array' || spec.kind === 'bytes') {
    if (fallback === null) return value => value === undefined || value === null
    return value => value === undefined || (value !== null && value.length === 0)
  }
  if (spec.kind !== 'struct' || fallback === null) return value => value === undefined || value === fallback
  const tests = Object.entries(spec.fields ?? {}).map(([name, field]) => ({ name, isDefault: defaultTest(field.spec) }))
  return value => value === undefined || (value !== null && tests.every(test => test.isDefault(value[test.name])))
}

function constant(value: unknown): Codec {
  return { read: () => value, write: () => {}, bytesMin: 0 }
}

function compileField(spec: FieldSpec, plan: Plan): Codec {
  const isNullable = holds(spec.nullable, plan.version)
  switch (spec.kind) {
    case 'string':
      return stringCodec(isNullable, plan)
    case 'bytes':
      return bytesCodec(isNullable, plan)
    case 'records':
      return recordsCodec(plan)
    case 'array':
      return arrayCodec(spec, isNullable, plan)
    case 'struct': {
      const codec = compileStruct(spec.fields ?? {}, plan)
      if (!isNullable) return codec
      // Kafka marks null with -1 among the fields, and with 0 among the tags.
      return holds(spec.tagged, plan.version) ? nullableStruct(codec, 0) : nullableStruct(codec, -1)
    }
    default: {
      const codec = primitives[spec.kind]
      assert(codec && !isNullable, `${spec.kind} cannot be null`)
      return codec
    }
  }
}

/** The length before a string, bytes or array; null (negative, or 0 in flexible versions) is −1. */
function lengthRead(plan: Plan, width: 2 | 4): (reader: Reader) => number {
  if (plan.isFlexible) return reader => reader.uvarint() - 1
  return width === 2 ? reader => reader.int16() : reader => reader.int32()
}

function refuseNull(reader: Reader, isNullable: boolean): null {
  if (!isNullable) throw new FrameError(`null where none is allowed before byte ${reader.at}`)
  return null
}

function lengthWrite(plan: Plan, width: 2 | 4): (writer: Writer, length: number) => void {
  if (plan.isFlexible) return (writer, length) => writer.uvarint(length + 1)
  return width === 2 ? (writer, length) => writer.int16(length) : (writer, length) => writer.int32(length)
}

/** In every version, as in Kafka: what one version takes another must be able to tell. */
const STRING_BYTES_MAX = 0x7fff
/** Bytes that are no UTF-8 are read as a character of three. */
const SAFE_STRING_BYTES = Math.floor(STRING_BYTES_MAX / 3)

function refuseLong(value: string, reader: Reader): void {
  if (Buffer.byteLength(value) > STRING_BYTES_MAX) throw new FrameError(`a string of more than ${STRING_BYTES_MAX} bytes before byte ${reader.at}`)
}

/** Of a message that repeats what a client sent, as much as fits. */
function cutWrite(write: Write): Write {
  return (writer, value) => write(writer, typeof value === 'string' && Buffer.byteLength(value) > STRING_BYTES_MAX ? cut(value) : value)
}

function cut(message: string): string {
  // What is cut in the middle of a character ends with one of three bytes.
  return `${Buffer.from(message).subarray(0, STRING_BYTES_MAX - 12).toString()}...`
}

function stringCodec(isNullable: boolean, plan: Plan): Codec {
  const readLength = lengthRead(plan, 2)
  const writeLength = lengthWrite(plan, 2)
  const isCompact = plan.isFlexible
  return {
    read: reader => {
      const length = readLength(reader)
      if (length < 0) return refuseNull(reader, isNullable)
      const value = reader.utf8(length)
      if (length > SAFE_STRING_BYTES) refuseLong(value, reader)
      return value
    },
    write: (writer, value) => {
      if (value !== null) return writer.string(value, isCompact)
      assert(isNullable, 'a string that may not be null at this version')
      writeLength(writer, -1)
    },
    bytesMin: isCompact ? 1 : 2,
  }
}

function bytesCodec(isNullable: boolean, plan: Plan): Codec {
  const readLength = lengthRead(plan, 4)
  const writeLength = lengthWrite(plan, 4)
  return {
    read: reader => {
      const length = readLength(reader)
      return length < 0 ? refuseNull(reader, isNullable) : reader.view(length)
    },
    write: (writer, value: Uint8Array | null) => {
      assert(value !== null || isNullable, 'bytes that may not be null at this version')
      writeLength(writer, value === null ? -1 : value.length)
      if (value !== null) writer.raw(value)
    },
    bytesMin: plan.isFlexible ? 1 : 4,
  }
}

/** Records may always be null, and are never copied on the way out. */
function recordsCodec(plan: Plan): Codec {
  const readLength = lengthRead(plan, 4)
  const writeLength = lengthWrite(plan, 4)
  return {
    read: reader => {
      const length = readLength(reader)
      return length < 0 ? null : reader.view(length)
    },
    write: (writer, value: Buffer | readonly Buffer[] | null) => {
      if (value === null) return writeLength(writer, -1)
      if (Buffer.isBuffer(value)) {
        writeLength(writer, value.length)
        return writer.splice(value)
      }
      writeLength(writer, value.reduce((sum, piece) => sum + piece.length, 0))
      for (const piece of value) writer.splice(piece)
    },
    bytesMin: plan.isFlexible ? 1 : 4,
  }
}

function arrayCodec(spec: FieldSpec, isNullable: boolean, plan: Plan): Codec {
  assert(spec.element, 'an array has elements')
  const element = compileField(spec.element, plan)
  const isPrimitive = spec.element.kind in primitives && spec.element.kind !== 'uuid'
  assert(element.bytesMin > 0, 'an element that takes no bytes cannot be counted by them')
  const { read, write, bytesMin } = element
  const readLength = lengthRead(plan, 4)
  const writeLength = lengthWrite(plan, 4)
  return {
    read: reader => {
      const count = readLength(reader)
      if (count < 0) return refuseNull(reader, isNullable)
      reader.elements(count, bytesMin, isPrimitive)
      const values: unknown[] = []
      for (let index = 0; index < count; index++) values.push(read(reader))
      return values
    },
    write: (writer, values: readonly unknown[] | null) => {
      assert(values !== null || isNullable, 'an array that may not be null at this version')
      if (values === null) return writeLength(writer, -1)
      writeLength(writer, values.length)
      for (const value of values) write(writer, value)
    },
    bytesMin: plan.isFlexible ? 1 : 4,
  }
}

/** One byte before the struct: `nullMark` or less for null. */
function nullableStruct(codec: Codec, nullMark: -1 | 0): Codec {
  return {
    read: reader => (reader.int8() <= nullMark ? null : codec.read(reader)),
    write: (writer, value) => {
      writer.int8(value === null ? nullMark : 1)
      if (value !== null) codec.write(writer, value)
    },
    bytesMin: 1,
  }
}

