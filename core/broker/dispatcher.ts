/** From a frame to an answer: header, version check, decode, handler, encode. */

import { FrameError } from '../protocol/frame-error.ts'
import { errorCode } from '../protocol/errors.ts'
import { encodeResponseFrame, hasVersion, readRequestHeader, type RequestHeader } from '../protocol/header.ts'
import { apiVersions } from '../protocol/apis/index.ts'
import { Reader } from '../protocol/wire.ts'
import type { BrokerParts } from './broker-parts.ts'
import type { ConnectionInfo, Reply } from './connection.ts'
import type { Answer, Handler, RequestContext } from './handler.ts'

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
    const reader = new Reader(frame)
    const header = readRequestHeader(reader)
    const handler = this.#handlers[header.apiKey]
    if (!handler) throw new FrameError(`API key ${header.apiKey} is not served here`)
    if (connection.clientId !== header.clientId) this.#identify(connection, header.clientId)
    if (!hasVersion(handler.api, header.apiVersion)) return refuseVersion(handler, header)
    return this.#answer(handler, header, reader, connection)
  }

  #answer(handler: Handler, header: RequestHeader, reader: Reader, connection: ConnectionInfo): Reply | null | Promise<Reply | null> {
    const { apiVersion: version, correlationId } = header
    let written: (() => void) | undefined
    const context: RequestContext = {
      version,
      clientId: header.clientId,
      host: `/${connection.host}`,
      connection,
      advertised: connection.advertised,
      broker: this.#broker,
      afterWrite(run) {
        const before = written
        written = before ? () => (before(), run()) : run
      },
    }
    const reply = (answer: Answer<Handler['api']>): Reply | null => {
      if (answer === null) return null
      return { buffers: encodeResponseFrame(handler.api, version, correlationId, handler.api.encodeResponse(answer, version)), written }
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
function refuseVersion({ api }: Handler, { apiVersion, correlationId }: RequestHeader): Reply {
  if (api.key !== apiVersions.key) throw new FrameError(`${api.name} has no version ${apiVersion}; served are ${api.minVersion} to ${api.maxVersion}`)
  const body = apiVersions.encodeResponse({
    errorCode: errorCode('UNSUPPORTED_VERSION'),
    apiKeys: [{ apiKey: api.key, minVersion: api.minVersion, maxVersion: api.maxVersion }],
  }, 0)
  return { buffers: encodeResponseFrame(api, 0, correlationId, body), written: undefined }
}
