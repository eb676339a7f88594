import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../core/broker/frame-reader.ts'
import { FRAME_BYTES_MAX } from '../../../core/common/limits.ts'
import { FrameError } from '../../../core/protocol/frame-error.ts'

const framed = (body: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

test('frames come out whole and in order, however the stream is cut', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 9 })), (bodies, cuts) => {
    const stream = Buffer.concat(bodies.map(framed))
    const reader = new FrameReader()
    const out: Buffer[] = []
    let at = 0
    for (let turn = 0; at < stream.length; turn++) {
      const length = cuts.length > 0 ? cuts[turn % cuts.length] ?? 1 : 3
      reader.push(stream.subarray(at, at + length), frame => out.push(Buffer.from(frame)))
      at += length
    }
    expect(out.map(frame => frame.toString('hex'))).toEqual(bodies.map(body => Buffer.from(body).toString('hex')))
    expect(reader.bufferedBytes).toBe(0)
  }))
})

test.each([
  ['a negative size', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'a frame of -1 bytes'],
  ['a size over the limit', framedSize(FRAME_BYTES_MAX + 1), `a frame of ${FRAME_BYTES_MAX + 1} bytes`],
  ['a TLS hello', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), 'a TLS handshake'],
  ['an HTTP verb', Buffer.from('GET / HTTP/1.1\r\n'), 'an HTTP request (GET'],
])('%s is refused by name', (_, bytes, words) => {
  const push = () => new FrameReader().push(bytes, () => {})
  expect(push).toThrow(FrameError)
  expect(push).toThrow(words)
})

test('a size that comes byte by byte is checked all the same', () => {
  const reader = new FrameReader()
  expect(() => { for (const byte of Buffer.from('POST')) reader.push(Buffer.from([byte]), () => {}) }).toThrow('an HTTP request (POST')
})

function framedSize(size: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  return bytes
}
