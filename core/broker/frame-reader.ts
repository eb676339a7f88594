/** Cuts a byte stream into Kafka frames: int32 size, then that many bytes. The size is checked before anything is kept. */

import { FRAME_BYTES_MAX } from '../common/limits.ts'
import { FrameError } from '../protocol/frame-error.ts'

const SIZE_BYTES = 4

export class FrameReader {
  #chunks: Buffer[] = []
  #buffered = 0
  #size = -1
  readonly #sizeMax: number

  /** `sizeMax`: Kafka's socket.request.max.bytes. */
  constructor(sizeMax = FRAME_BYTES_MAX) {
    this.#sizeMax = sizeMax
  }

  /** Bytes held of frames that are not whole yet. */
  get bufferedBytes(): number {
    return this.#buffered
  }

  /** Hands each frame that `chunk` completes to `take`, without its size; throws FrameError for a size that cannot be. */
  push(chunk: Buffer, take: (frame: Buffer) => void): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#buffered === 0 && this.#size < 0 && rest.length >= SIZE_BYTES) {
        const size = checkedSize(rest, this.#sizeMax)
        if (rest.length < SIZE_BYTES + size) return this.#keepPart(rest.subarray(SIZE_BYTES), size)
        take(rest.subarray(SIZE_BYTES, SIZE_BYTES + size))
        rest = rest.subarray(SIZE_BYTES + size)
      } else {
        rest = this.#fill(rest, take)
      }
    }
  }

  #keepPart(part: Buffer, size: number): void {
    this.#size = size
    if (part.length > 0) this.#chunks.push(part)
    this.#buffered = part.length
  }

  /** Takes what the frame under way still needs (its size first), and returns the rest. */
  #fill(chunk: Buffer, take: (frame: Buffer) => void): Buffer {
    const wanted = (this.#size < 0 ? SIZE_BYTES : this.#size) - this.#buffered
    const part = chunk.subarray(0, wanted)
    this.#chunks.push(part)
    this.#buffered += part.length
    if (part.length === wanted) {
      const whole = this.#chunks.length === 1 ? part : Buffer.concat(this.#chunks, this.#buffered)
      this.#chunks = []
      this.#buffered = 0
      if (this.#size < 0) this.#size = checkedSize(whole, this.#sizeMax)
      else this.#emit(whole, take)
      if (this.#size === 0) this.#emit(Buffer.alloc(0), take)
    }
    return chunk.subarray(part.length)
  }

  #emit(frame: Buffer, take: (frame: Buffer) => void): void {
    this.#size = -1
    take(frame)
  }
}

function checkedSize(bytes: Buffer, sizeMax: number): number {
  const size = bytes.readInt32BE(0)
  if (size >= 0 && size <= sizeMax) return size
  throw new FrameError(`${whatItIs(bytes, size)}; a Kafka request starts with its size, 0 to ${sizeMax} bytes`)
}

/** Other protocols that people point at a Kafka port by mistake, named. */
function whatItIs(bytes: Buffer, size: number): string {
  const text = bytes.toString('latin1', 0, SIZE_BYTES)
  if (/^(GET |POST|PUT |HEAD|OPTI|DELE|PATC|CONN)$/.test(text)) return `an HTTP request (${text.trim()}…) came to the Kafka port`
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return 'a TLS handshake came to a plaintext listener: set security.protocol=PLAINTEXT in the client'
  return `a frame of ${size} bytes was announced`
}
