/**
 * One message between window and engine as bytes (MessagePack). A `bigint` travels as a 64-bit integer and a `number` never does, so the
 * two stay apart; a Uint8Array travels as bytes; a property that is undefined is left out.
 */

import { Decoder, Encoder } from '@msgpack/msgpack'
import { RPC_MESSAGE_BYTES_MAX } from '../../common/limits.ts'

/** The bytes or the value cannot be a message: a peer fault when decoding, a bug of ours when encoding. */
export class CodecError extends Error {
  override readonly name = 'CodecError'
}

/** An array or map that claims more entries is refused before it is allocated. */
const ENTRIES_MAX = 1_000_000

const encoder = new Encoder({ useBigInt64: true, ignoreUndefined: true })
const decoder = new Decoder({ useBigInt64: true, maxArrayLength: ENTRIES_MAX, maxMapLength: ENTRIES_MAX })

/** A payload that was encoded elsewhere (by a worker): its bytes are spliced into the message as they are, so nobody encodes it twice. */
export class Encoded<T> {
  declare readonly value: T
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** The bytes of one value; CodecError when it has no form. */
export function encodeValue<T>(value: T): Encoded<T> {
  try {
    return new Encoded(encoder.encode(value))
  } catch (cause) {
    throw new CodecError('this value cannot travel as a message', { cause })
  }
}

/** One message: a small head and a payload, one after the other. CodecError above RPC_MESSAGE_BYTES_MAX. */
export function encodeMessage(head: unknown, payload: unknown): Uint8Array {
  const first = encodeValue(head).bytes
  const second = payload instanceof Encoded ? payload.bytes : encodeValue(payload).bytes
  checkSize(first.length + second.length)
  const message = new Uint8Array(first.length + second.length)
  message.set(first)
  message.set(second, first.length)
  return message
}

/** Head and payload of a message; byte fields are views of `bytes`. CodecError when they are not one message. */
export function decodeMessage(bytes: Uint8Array): { readonly head: unknown; readonly payload: unknown } {
  checkSize(bytes.length)
  // A plain view: byte fields of a message that came as a Buffer would be Buffers too.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: unknown[] = []
  try {
    for (const value of decoder.decodeMulti(plain)) if (values.push(value) > 2) break
  } catch (cause) {
    throw new CodecError('these bytes are not a message', { cause })
  }
  if (values.length !== 2) throw new CodecError('a message is a head and a payload')
  return { head: values[0], payload: values[1] }
}

function checkSize(byteCount: number): void {
  if (byteCount <= RPC_MESSAGE_BYTES_MAX) return
  throw new CodecError(`a message of ${byteCount} bytes is above the bound of ${RPC_MESSAGE_BYTES_MAX}`)
}

const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** Whether every bigint in a (small) value fits 64 bits: the encoding would wrap a larger one silently. */
export function fits64Bits(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= INT64_MIN && value <= UINT64_MAX
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return true
  return Object.values(value).every(fits64Bits)
}
