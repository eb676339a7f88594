/** From a frame to an answer: header, version check, decode, handler, encode. */

import { FrameError } from '../protocol/frame-error.ts'
import { errorCode } from '../protocol/errors.ts'
import { encodeResponseFrame, hasVersion, readRequestHeader, type RequestHeader } from '../protocol/header.ts'
import { apiVersions } from '../protocol/apis/index.ts'
import { Reader } from '../protocol/wire.ts'
import { assert } from '../common/assert.ts'
import type { BrokerParts } from './broker-parts.ts'
import type { ConnectionInfo, Reply } from './connection.ts'
import type { Answer, Handler, RequestContext } from './handler.ts'

/** Key, version, correlation id, length of the client id. */
const HEADER_BYTES_MIN = 10

/** Answers frames with `handlers`; throws (or rejects with) FrameError for what costs the peer its connection. */
export class Dispatcher {
  readonly #broker: BrokerParts
  readonly #handlers: readonly (Handler | undefined)[]

  constructor(broker: BrokerParts, handlers: readonly Handler[]) {
    this.#broker = broker
    const byKey: (Handler | undefined)[] = []
    for (const handler of handlers) byKey[handler.api.key] = handler
    this.#handlers = byKey
  }

  readonly dispatch = (frame: Buffer, connection: ConnectionInfo): Reply | null | Promise<Reply | null> => {
    const handler = this.#handlerOf(frame)
    const reader = new Reader(frame)
    const header = readRequestHeader(reader)
    if (connection.clientId !== header.clientId) this.#identify(connection, header.clientId)
    if (!hasVersion(handler.api, header.apiVersion)) return refuseVersion(handler, header)
    return this.#answer(handler, header, reader, connection)
  }

  /** Key and version are looked at first: what else a header of another key or version holds is not known. */
  #handlerOf(frame: Buffer): Handler {
    if (frame.length < HEADER_BYTES_MIN) throw new FrameError(`a frame of ${frame.length} bytes is shorter than a request header`)
    const key = frame.readInt16BE(0)
    const version = frame.readInt16BE(2)
    const handler = this.#handlers[key]
    if (!handler) throw new FrameError(`API key ${key} is not served here`)
    const { api } = handler
    if (hasVersion(api, version) || key === apiVersions.key) return handler
    throw new FrameError(`${api.name} has no version ${version}; served are ${api.minVersion} to ${api.maxVersion}`)
  }

  #answer(handler: Handler, header: RequestHeader, reader: Reader, connection: ConnectionInfo): Reply | null | Promise<Reply | null> {
    const { apiVersion: version, correlationId } = header
    let written: (() => void) | undefined
    const node = this.#broker.nodes.get(connection.brokerId)
    assert(node, 'a connection comes in by the port of a broker')
    const context: RequestContext = {
      version,
      clientId: header.clientId,
      host: `/${connection.host}`,
      connection,
      advertised: connection.advertised,
      broker: this.#broker,
      node,
      afterWrite(run) {
        const before = written
        written = before ? () => (before(), run()) : run
      },
    }
    const reply = (answer: Answer<Handler['api']>): Reply | null => {
      if (answer === null) return null
      try {
        return { buffers: encodeResponseFrame(handler.api, version, correlationId, handler.api.encodeResponse(answer, version)), written }
      } catch (fault) {
        written?.()
        throw fault
      }
    }
    const answer = handler.answer(handler.api.decodeRequest(reader, version), context)
    return answer instanceof Promise ? answer.then(reply) : reply(answer)
  }

  #identify(connection: ConnectionInfo, clientId: string | null): void {
    connection.clientId = clientId
    this.#broker.taps.emit({ is: 'identified', connectionId: connection.id })
  }
}

/** Only ApiVersions answers a version it does not have: v0, error 35, and its own range, so that the client can ask again (KIP-511). */
function refuseVersion({ api }: Handler, { correlationId }: RequestHeader): Reply {
  const body = apiVersions.encodeResponse({
    errorCode: errorCode('UNSUPPORTED_VERSION'),
    apiKeys: [{ apiKey: api.key, minVersion: api.minVersion, maxVersion: api.maxVersion }],
  }, 0)
  return { buffers: encodeResponseFrame(api, 0, correlationId, body), written: undefined }
}
