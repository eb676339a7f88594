/** Declares a message once for all its versions; compiled per version on first use, with its types inferred. */

import { assert } from '../common/assert.ts'
import { type Codec, compileStruct } from './compile.ts'
import { type Fields, holds, parseVersions, type Received, type Sent, type VersionRange, type VersionText } from './field.ts'
import { FrameError } from './frame-error.ts'
import { Reader, Writer } from './wire.ts'

export * from './field.ts'
export { ZERO_UUID } from './wire.ts'

/** A message of one declared shape: `versions` are those that can be read and written. */
export class Message<F extends Fields> {
  readonly name: string
  readonly fields: F
  readonly versions: VersionRange
  /** The first flexible version; Infinity for none. */
  readonly flexibleFrom: number
  readonly #codecs: (Codec | undefined)[] = []
  /** Bytes of the last answer at each version: the next one of its kind starts with as much room. */
  readonly #roomBytes: number[] = []

  constructor(name: string, fields: F, versions: VersionRange, flexibleFrom: number) {
    this.name = name
    this.fields = fields
    this.versions = versions
    this.flexibleFrom = flexibleFrom
  }

  /** Throws FrameError when the bytes are not this message at this version. */
  decode(reader: Reader, version: number): Received<F> {
    const codec = this.#codecs[version] ?? this.#compile(version)
    try {
      return codec.read(reader)
    } catch (error) {
      if (error instanceof FrameError) error.message = `${this.name} v${version}: ${error.message}`
      throw error
    }
  }

  encode(value: Sent<F>, version: number): Buffer[] {
    const codec = this.#codecs[version] ?? this.#compile(version)
    const writer = new Writer(this.#roomBytes[version] ?? ROOM_BYTES_MIN)
    codec.write(writer, value)
    const copiedBytes = writer.byteLength - writer.splicedBytes
    this.#roomBytes[version] = Math.min(Math.max(copiedBytes + ROOM_BYTES_MIN, ROOM_BYTES_MIN), ROOM_BYTES_MAX)
    return writer.finish()
  }

  #compile(version: number): Codec {
    assert(Number.isInteger(version) && holds(this.versions, version), `${this.name} has no version ${version}`)
    const codec = compileStruct(this.fields, { version, isFlexible: version >= this.flexibleFrom })
    this.#codecs[version] = codec
    return codec
  }
}

const ROOM_BYTES_MIN = 64
const ROOM_BYTES_MAX = 64 * 1024

/** One Kafka API: its key, its versions, and the two messages of each. */
export type Api<Q extends Fields = any, S extends Fields = any> = {
  readonly key: number
  /** Kafka's name, as 'ListOffsets'. */
  readonly name: string
  /** Versions that are read and answered. */
  readonly minVersion: number
  readonly maxVersion: number
  /** What ApiVersions says is the least: below `minVersion` for Produce only. */
  readonly advertisedMinVersion: number
  /** The first flexible version (KIP-482); Infinity for none. */
  readonly flexibleFrom: number
  readonly request: Message<Q>
  readonly response: Message<S>
  /** Throws FrameError when the bytes are not this request at this version. */
  decodeRequest(reader: Reader, version: number): Received<Q>
  encodeRequest(value: Sent<Q>, version: number): Buffer[]
  /** Throws FrameError when the bytes are not this response at this version. */
  decodeResponse(reader: Reader, version: number): Received<S>
  encodeResponse(value: Sent<S>, version: number): Buffer[]
}

/** A request as a handler gets it: every field present. */
export type RequestOf<A extends Api> = A extends Api<infer Q, any> ? Received<Q> : never
/** A response as a handler gives it: fields with a declared default may be left out. */
export type ResponseOf<A extends Api> = A extends Api<any, infer S> ? Sent<S> : never
/** The same two from a client's side. */
export type RequestToSend<A extends Api> = A extends Api<infer Q, any> ? Sent<Q> : never
export type ResponseReceived<A extends Api> = A extends Api<any, infer S> ? Received<S> : never

/** Declares an API. Fields stand in wire order, under Kafka's names in camelCase. */
export function api<Q extends Fields, S extends Fields>(declared: {
  readonly key: number
  readonly name: string
  readonly versions: VersionText
  readonly advertisedFrom?: number
  readonly flexible: VersionText | 'none'
  readonly request: Q
  readonly response: S
}): Api<Q, S> {
  const versions = parseVersions(declared.versions)
  const flexibleFrom = firstFlexible(declared.flexible)
  const request = new Message(`${declared.name}Request`, declared.request, versions, flexibleFrom)
  const response = new Message(`${declared.name}Response`, declared.response, versions, flexibleFrom)
  return {
    key: declared.key,
    name: declared.name,
    minVersion: versions.from,
    maxVersion: versions.to,
    advertisedMinVersion: declared.advertisedFrom ?? versions.from,
    flexibleFrom,
    request,
    response,
    decodeRequest: (reader, version) => request.decode(reader, version),
    encodeRequest: (value, version) => request.encode(value, version),
    decodeResponse: (reader, version) => response.decode(reader, version),
    encodeResponse: (value, version) => response.encode(value, version),
  }
}

/** A message that is not a request or response: its bytes start with an int16, and stand alone. */
export type Data<F extends Fields> = {
  readonly message: Message<F>
  /** For the key of a coordinator record: the int16 that says which record it is. */
  readonly recordType: number | undefined
  encode(value: Sent<F>, version?: number): Buffer
  /** Throws FrameError when the bytes are not this message at a version we read. */
  decode(bytes: Buffer): { readonly version: number; readonly value: Received<F> }
}

type DataDeclaration<F extends Fields> = {
  readonly name: string
  readonly versions: VersionText
  readonly flexible: VersionText | 'none'
  /** A reader takes a version above ours for our newest: what embedded consumer protocol promises. */
  readonly isForwardReadable?: boolean
  readonly fields: F
}

/** A value of a coordinator record, or a message inside another: the int16 before it is its version. */
export function data<F extends Fields>(declared: DataDeclaration<F>): Data<F> {
  const message = dataMessage(declared)
  const { from, to } = message.versions
  return {
    message,
    recordType: undefined,
    encode: (value, version = to) => joined(version, message, value, version),
    decode: bytes => {
      const reader = new Reader(bytes)
      const found = reader.int16()
      const version = declared.isForwardReadable && found > to ? to : found
      if (version < from || version > to) throw new FrameError(`${declared.name} has no version ${found}`)
      return { version, value: message.decode(reader, version) }
    },
  }
}

/** The key of a coordinator record: the int16 before it is the type of the record, and it has one version, 0. */
export function recordKey<F extends Fields>(recordType: number, declared: DataDeclaration<F>): Data<F> {
  const message = dataMessage(declared)
  return {
    message,
    recordType,
    encode: value => joined(recordType, message, value, 0),
    decode: bytes => {
      const reader = new Reader(bytes)
      const found = reader.int16()
      if (found !== recordType) throw new FrameError(`${declared.name} expected, found a key of type ${found}`)
      return { version: 0, value: message.decode(reader, 0) }
    },
  }
}

/** The int16 a coordinator key starts with; FrameError when there is none. */
export function recordTypeOf(key: Buffer): number {
  return new Reader(key).int16()
}

function dataMessage<F extends Fields>(declared: DataDeclaration<F>): Message<F> {
  return new Message(declared.name, declared.fields, parseVersions(declared.versions), firstFlexible(declared.flexible))
}

function joined<F extends Fields>(prefix: number, message: Message<F>, value: Sent<F>, version: number): Buffer {
  const head = Buffer.allocUnsafe(2)
  head.writeInt16BE(prefix)
  return Buffer.concat([head, ...message.encode(value, version)])
}

function firstFlexible(text: VersionText | 'none'): number {
  return text === 'none' ? Infinity : parseVersions(text).from
}
