/** Which port the app's broker takes: the one everybody's examples say, or near it when another program has that. */

import { DEFAULT_PORT, LOOPBACK_HOSTS } from './addresses.ts'
import { isPortTaken } from './listener.ts'
import { portHolder } from './port-holder.ts'

export type ChosenPort = {
  readonly port: number
  /** Set when the wanted port was taken: the window keeps a banner. */
  readonly taken: { readonly wanted: number; readonly holder: string | null; readonly used: number } | null
}

const FIRST_FALLBACK_PORT = 19_092
const FALLBACK_PORTS = 100

/**
 * The first of `count` free ports in a row. `remembered` is what was used the last time the wanted port was taken: clients may be set up for
 * it.
 */
export async function choosePort(remembered: number | null, { wanted = DEFAULT_PORT, count = 1 }: { readonly wanted?: number | undefined; readonly count?: number } = {}): Promise<ChosenPort> {
  const taken = await firstTaken(wanted, count)
  if (taken === undefined) return { port: wanted, taken: null }
  const holder = await portHolder(taken)
  const fallbacks = Array.from({ length: FALLBACK_PORTS }, (_, at) => FIRST_FALLBACK_PORT + at)
  for (const port of remembered === null ? fallbacks : [remembered, ...fallbacks]) {
    if (await firstTaken(port, count) === undefined) return { port, taken: { wanted, holder, used: port } }
  }
  throw new Error(`port ${wanted} and the ${FALLBACK_PORTS} ports from ${FIRST_FALLBACK_PORT} on are all taken: stop the program that holds ${wanted} and start again`)
}

/** The first port of a row that another program has. */
async function firstTaken(first: number, count: number): Promise<number | undefined> {
  // Any will do: each broker of the row gets one of its own.
  if (first === 0) return undefined
  for (let port = first; port < first + count; port++) if (await isPortTaken(LOOPBACK_HOSTS, port)) return port
  return undefined
}
