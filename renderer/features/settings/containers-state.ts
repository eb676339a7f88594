/** What the panel of containers works with: the address as it is typed, and whom it lets in. Pure. */

import type { ContainerAccess, MachineAddress } from '../../../core/studio/contract/containers.ts'

/** As typed; an empty port is the next free one. */
export type WantedAddress = { readonly host: string; readonly port: string }

export function wantedOf({ host, port }: ContainerAccess): WantedAddress {
  return { host, port: port === null ? '' : String(port) }
}

/** null: none, or no port. */
export function asPort(typed: string): number | null {
  const port = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : 0
  return port >= 1 && port <= 65_535 ? port : null
}

/** The addresses by which machines connect: all of this one's, or the only one that is listened on. */
export function openedBy(host: string, { ownAddresses }: ContainerAccess): readonly MachineAddress[] {
  const only = ownAddresses.filter(({ address }) => address === host)
  return only.length > 0 ? only : ownAddresses
}
