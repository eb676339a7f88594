/** "Reachable from containers": the second listener of Local, who can connect by it, and its switch. */

import * as v from 'valibot'

/** An address of this machine, and the network interface that has it ('' where that is not known). */
export type MachineAddress = { readonly address: string; readonly interface: string }

export type ContainerAccess = {
  readonly isOn: boolean
  /** Why it is on and nobody can connect, as a sentence; null while they can, and while it is off. */
  readonly problem: string | null
  /** Asked for on the command line: for this run, not kept. */
  readonly isForThisRun: boolean
  /** What clients in containers are told this machine is called: a name, or one of its addresses, which then is the only one listened on. */
  readonly host: string
  /** Of the first broker; null: the port of Local and 20,000, or the next free one. */
  readonly port: number | null
  /** host:port of each broker that listens there, in their order; empty while nobody can connect. */
  readonly addresses: readonly string[]
  /** Beside the loopback; machines that reach one of these can connect while it is on. */
  readonly ownAddresses: readonly MachineAddress[]
}

export const setContainers = v.object({
  isOn: v.boolean(),
  host: v.pipe(v.string(), v.maxLength(253)),
  port: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
})
