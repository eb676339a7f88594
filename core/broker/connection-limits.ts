/**
 * What a broker allows its connections (max.connections, max.connections.per.ip and its overrides, connections.max.idle.ms, socket.request.max.bytes).
 * As in Kafka: one above max.connections waits until another has gone, one above the bound of its address is closed.
 */

import { isIP } from 'node:net'
import { CONNECTIONS_MAX, IN_FLIGHT_BYTES_MAX } from '../common/limits.ts'
import type { ConfigCheck } from './config-values.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'

/** `host:number` pairs. */
export const connectionsPerAddress: ConfigCheck = (value, name) => {
  const pairs = value.trim() === '' ? [] : value.split(',')
  for (const pair of pairs) {
    const colon = pair.lastIndexOf(':')
    if (colon === -1) return `Error parsing configuration property '${name}': begin 0, end -1, length ${pair.trim().length}`
    const count = pair.slice(colon + 1).trim()
    if (!/^\d{1,9}$/.test(count)) return `For input string: "${count}"`
  }
  return undefined
}

export interface ConnectionLimits {
  /** Connections at once; above it they wait. */
  readonly total: number
  /** Connections at once from one address; above it they are closed. */
  from(host: string): number
  /** Milliseconds after which a silent connection is closed; Infinity: never. */
  readonly idleMs: number
  /** A longer request closes its connection. */
  readonly frameBytesMax: number
  /** Calls `listener` when a bound may have changed; returns the unregister. */
  onChange(listener: () => void): () => void
}

/** Those of one broker, as they are at each look. Whatever is configured, the process has bounds of its own. */
export function connectionLimits(configs: DynamicConfigs, nodeId: number): ConnectionLimits {
  const idleMs = configs.number('connections.max.idle.ms', nodeId)
  return {
    get total() {
      return Math.min(configs.number('max.connections', nodeId), CONNECTIONS_MAX)
    },
    from(host) {
      const overrides = configs.effective('max.connections.per.ip.overrides', nodeId) ?? ''
      return overrideFor(host, overrides) ?? configs.number('max.connections.per.ip', nodeId)
    },
    idleMs: idleMs < 0 ? Infinity : idleMs,
    frameBytesMax: Math.min(configs.number('socket.request.max.bytes', nodeId), IN_FLIGHT_BYTES_MAX),
    onChange: listener => configs.onChange(({ kind }) => kind === 'broker' && listener()),
  }
}

/** Addresses and `localhost`; other names are not looked up. */
function overrideFor(host: string, overrides: string): number | undefined {
  for (const pair of overrides.split(',')) {
    const colon = pair.lastIndexOf(':')
    const name = pair.slice(0, colon).trim().replace(/^\[|\]$/g, '')
    if (colon >= 0 && (name === host || (name === 'localhost' && isLoopback(host)))) return Number(pair.slice(colon + 1))
  }
  return undefined
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
