/** What stands before every request and response: size, key, version, correlation id, client id. */

import { apiOf } from './apis/index.ts'
import type { Api } from './schema.ts'
import { type Reader, Writer } from './wire.ts'

const API_VERSIONS_KEY = 18

export type RequestHeader = {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Undefined for a key we do not have: the body then has not been reached, its header's version is unknown. */
  readonly api: Api | undefined
}

/**
 * Reads a request's header, from the byte after the size to the first byte of the body. The version may be one we do not have: ask
 * `hasVersion`. Throws FrameError. The client id is an int16 string even where everything else is compact (RequestHeader.json).
 */
export function readRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientIdBytes = reader.int16()
  const clientId = clientIdBytes < 0 ? null : reader.utf8(clientIdBytes)
  const api = apiOf(apiKey)
  if (api && apiVersion >= api.flexibleFrom) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId, api }
}

/** Whether requests of this version are read and answered. Produce 0 to 2 are advertised, and are not. */
export function hasVersion(api: Api, version: number): boolean {
  return version >= api.minVersion && version <= api.maxVersion
}

/** A small answer leaves as one buffer: copying it costs less than one more entry in the write. */
const JOINED_BYTES_MAX = 4096

/** Size and header (v0, or v1 in flexible versions; ApiVersions always v0, KIP-511), then the body's buffers by reference. */
export function encodeResponseFrame(api: Api, version: number, correlationId: number, body: readonly Buffer[]): Buffer[] {
  const hasTags = responseHeaderHasTags(api, version)
  const head = Buffer.allocUnsafe(hasTags ? 9 : 8)
  let byteCount = head.length - 4
  for (const piece of body) byteCount += piece.length
  head.writeInt32BE(byteCount, 0)
  head.writeInt32BE(correlationId, 4)
  if (hasTags) head[8] = 0
  return byteCount <= JOINED_BYTES_MAX ? [Buffer.concat([head, ...body], byteCount + 4)] : [head, ...body]
}

/** The correlation id of a response, from the byte after the size; leaves the reader at the body. Throws FrameError. */
export function readResponseHeader(reader: Reader, api: Api, version: number): { readonly correlationId: number } {
  const correlationId = reader.int32()
  if (responseHeaderHasTags(api, version)) reader.skipTags()
  return { correlationId }
}

/** A whole request with its size, as a client sends it. */
export function encodeRequestFrame(
  api: Api,
  version: number,
  request: { readonly correlationId: number; readonly clientId: string | null; readonly body: readonly Buffer[] },
): Buffer[] {
  const writer = new Writer()
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(request.correlationId)
  if (request.clientId === null) writer.int16(-1)
  else writer.string(request.clientId, false)
  if (version >= api.flexibleFrom) writer.uvarint(0)
  for (const piece of request.body) writer.splice(piece)
  const size = Buffer.allocUnsafe(4)
  size.writeInt32BE(writer.byteLength)
  return [size, ...writer.finish()]
}

function responseHeaderHasTags(api: Api, version: number): boolean {
  return api.key !== API_VERSIONS_KEY && version >= api.flexibleFrom
}
