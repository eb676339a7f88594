/** The form of a handler: one Kafka API's behaviour, from a decoded request to an answer. */

import type { Api, RequestOf, ResponseOf } from '../protocol/schema.ts'
import type { Advertised } from './addresses.ts'
import type { BrokerParts } from './broker-parts.ts'
import type { BrokerNode } from './broker-node.ts'
import type { ConnectionInfo } from './connection.ts'

export type RequestContext = {
  readonly version: number
  readonly clientId: string | null
  /** The peer's address, as Kafka prints it in group descriptions: `/127.0.0.1`. */
  readonly host: string
  readonly connection: ConnectionInfo
  /** What the listener the client came in by tells clients to connect to. */
  readonly advertised: Advertised
  readonly broker: BrokerParts
  /** The broker whose port the client came in by: it answers for what it leads and coordinates, and for nothing else. */
  readonly node: BrokerNode
  /** Runs once the answer's bytes have left for the socket, or the connection has gone: returns pooled buffers. */
  afterWrite(run: () => void): void
}

/** null: no answer is sent (Produce with acks=0). */
export type Answer<A extends Api> = ResponseOf<A> | null
export type Handler<A extends Api = Api> = {
  readonly api: A
  readonly answer: (request: RequestOf<A>, context: RequestContext) => Answer<A> | Promise<Answer<A>>
}

export function handler<A extends Api>(api: A, answer: Handler<A>['answer']): Handler<A> {
  return { api, answer }
}
