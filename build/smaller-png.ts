/** Packs a PNG better than a browser does: rows of text and plain surfaces are smallest without a row filter. Loses nothing. */

import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE_BYTES = 8
const BYTES_PER_PIXEL = 3

/** For 8-bit RGB without interlacing, which is what Chromium writes. */
export function smallerPng(png: Buffer): Buffer {
  const chunks = [...chunksOf(png)]
  const header = chunks.find(({ type }) => type === 'IHDR')
  if (!header || header.data.readUInt32BE(8) !== 0x08020000) throw new Error('this PNG is not 8-bit RGB')
  const packed = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  const rows = withoutFilters(packed, header.data.readUInt32BE(0) * BYTES_PER_PIXEL)
  return Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    chunk('IHDR', header.data), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0)),
  ])
}

function* chunksOf(png: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  for (let at = SIGNATURE_BYTES; at < png.length;) {
    const length = png.readUInt32BE(at)
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) }
    at += 12 + length
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** Undoes the filter of each row (PNG, section 9) and marks it as having none. */
function withoutFilters(packed: Buffer, rowBytes: number): Buffer {
  const stride = rowBytes + 1
  const rows = Buffer.alloc(packed.length)
  for (let start = 0; start < packed.length; start += stride) {
    const filter = packed[start] ?? 0
    for (let at = start + 1; at < start + stride; at++) {
      const left = at - BYTES_PER_PIXEL > start ? rows[at - BYTES_PER_PIXEL] ?? 0 : 0
      const above = rows[at - stride] ?? 0
      const aboveLeft = at - BYTES_PER_PIXEL > start ? rows[at - stride - BYTES_PER_PIXEL] ?? 0 : 0
      rows[at] = (packed[at] ?? 0) + predicted(filter, left, above, aboveLeft)
    }
  }
  return rows
}

function predicted(filter: number, left: number, above: number, aboveLeft: number): number {
  switch (filter) {
    case 1: return left
    case 2: return above
    case 3: return (left + above) >> 1
    case 4: return paeth(left, above, aboveLeft)
    default: return 0
  }
}

function paeth(left: number, above: number, aboveLeft: number): number {
  const estimate = left + above - aboveLeft
  const [toLeft, toAbove, toBoth] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - aboveLeft)]
  if (toLeft <= toAbove && toLeft <= toBoth) return left
  return toAbove <= toBoth ? above : aboveLeft
}
