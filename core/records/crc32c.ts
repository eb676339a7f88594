/** CRC-32C (Castagnoli), the checksum of a record batch; Node's own zlib.crc32 is another polynomial. */

import { createRequire } from 'node:module'

type Checksum = (bytes: Uint8Array, seed?: number) => number

/** The checksum of `bytes`, continued from `seed` (the checksum of what came before); an unsigned 32-bit number. */
export const crc32c: Checksum = nativeChecksum() ?? crc32cByTable

function nativeChecksum(): Checksum | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Checksum } // the package's own declaration
    return native.crc32c('123456789' as unknown as Uint8Array) === 0xe3069283 ? native.crc32c : undefined
  } catch {
    return undefined // no binary for this platform: the table below is slower and gives the same numbers
  }
}

let table: Int32Array | undefined

function tableOfRemainders(): Int32Array {
  const remainders = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
    remainders[byte] = remainder
  }
  return remainders
}

/** The same in plain JavaScript, about 0.5 GB a second. */
export function crc32cByTable(bytes: Uint8Array, seed = 0): number {
  table ??= tableOfRemainders()
  let remainder = ~seed
  for (let at = 0; at < bytes.length; at++) remainder = (table[(remainder ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (remainder >>> 8)
  return ~remainder >>> 0
}
