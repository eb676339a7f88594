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

/** Bytes of their own (never a view of a shared buffer); CodecError when the value has no form or is above RPC_MESSAGE_BYTES_MAX. */
export function encodeMessage(message: unknown): Uint8Array {
  const bytes = encoded(message)
  if (bytes.length > RPC_MESSAGE_BYTES_MAX) {
    throw new CodecError(`a message of ${bytes.length} bytes is above the bound of ${RPC_MESSAGE_BYTES_MAX}`)
  }
  return bytes
}

/** The value of `bytes`; byte fields are views of them. CodecError when they are not one message. */
export function decodeMessage(bytes: Uint8Array): unknown {
  if (bytes.length > RPC_MESSAGE_BYTES_MAX) {
    throw new CodecError(`a message of ${bytes.length} bytes is above the bound of ${RPC_MESSAGE_BYTES_MAX}`)
  }
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new CodecError('these bytes are not a message', { cause })
  }
}

function encoded(message: unknown): Uint8Array {
  try {
    return encoder.encode(message)
  } catch (cause) {
    throw new CodecError('this value cannot travel as a message', { cause })
  }
}

const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** Whether every bigint in a (small) value fits 64 bits: the encoding would wrap a larger one silently. */
export function fits64Bits(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= INT64_MIN && value <= UINT64_MAX
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return true
  return Object.values(value).every(fits64Bits)
}
