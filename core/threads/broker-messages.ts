/** What the host of the broker thread and the thread say to each other. */

import type { MessagePort } from 'node:worker_threads'
import type { ListenerAddress } from '../broker/addresses.ts'
import type { HostFacts } from '../studio/studio.ts'

/** Given to the thread at its start, as workerData. */
export type BrokerThreadData = HostFacts & {
  readonly dataFolder: string
  readonly listeners: readonly ListenerAddress[]
  /** How many brokers to be, and their racks; one unless told. */
  readonly brokerCount?: number
  readonly racks?: readonly string[]
  /** The host keeps how many brokers the next start is to make, when the window chooses it. */
  readonly canChooseBrokers?: boolean
}

export type ToBrokerThread =
  /** A window's port: the contract is served on it. */
  | { readonly is: 'connect'; readonly port: MessagePort }
  /** Stop cleanly; the thread ends when nothing is left. */
  | { readonly is: 'stop' }

export type FromBrokerThread =
  /** It listens; `addresses` are the advertised ones, as host:port. */
  | { readonly is: 'ready'; readonly addresses: readonly string[] }
  /** It cannot start as things are; `portTaken` when another program has the port. The thread ends. */
  | { readonly is: 'refused'; readonly reason: string; readonly portTaken?: number }
  /** How many brokers the next start is to make. */
  | { readonly is: 'choose-brokers'; readonly count: number }
  /** A finished log line. */
  | { readonly is: 'log'; readonly line: string }
