/** The addresses of this machine that other machines and containers may reach: not the loopback, not those of a single link. */

import { networkInterfaces } from 'node:os'

export type OwnAddress = { readonly address: string; readonly interface: string }

/** IPv4 first, in the system's order. */
export function ownAddresses(): readonly OwnAddress[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, found]) => (found ?? []).map(({ address, internal, family }) => ({ address, internal, family, interface: name })))
  const open = all.filter(({ address, internal }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
  const isFirst = ({ family }: { readonly family: string }): boolean => family === 'IPv4'
  return [...open.filter(isFirst), ...open.filter(one => !isFirst(one))].map(({ address, interface: name }) => ({ address, interface: name }))
}
