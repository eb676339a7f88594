/** How many connections there may be, in all and from one address (max.connections, max.connections.per.ip and its overrides). */

import type { ConfigCheck } from './config-values.ts'

/** `host:number` pairs. */
export const connectionsPerAddress: ConfigCheck = (value, name) => {
  const pairs = value.trim() === '' ? [] : value.split(',')
  return pairs.every(pair => /^\s*.+:\d{1,9}\s*$/.test(pair)) ? undefined : `Invalid value ${value} for configuration ${name}: Error parsing ${name}: expected host:count,host:count`
}
