/** The part of the area `local` about containers: the second listener as the window shows it, and its switch. */

import { printAddress } from '../broker/addresses.ts'
import { ownAddresses } from '../broker/own-addresses.ts'
import type { ContainerAccess } from './contract/containers.ts'
import type { StudioParts } from './parts.ts'
import { StudioError } from './rpc/studio-error.ts'

export function containerAccess({ broker }: StudioParts): ContainerAccess {
  const { isOn, problem, isForThisRun, host, port } = broker.parts.containers.state
  const addresses = broker.cluster.added.map(printAddress)
  return { isOn, problem, isForThisRun, host, port, addresses, ownAddresses: ownAddresses() }
}

/** Takes effect at once. */
export async function setContainers({ broker }: StudioParts, { isOn, host, port }: Pick<ContainerAccess, 'isOn' | 'host' | 'port'>): Promise<null> {
  const { containers } = broker.parts
  let problem: string | undefined
  try {
    problem = await containers.set(isOn, { host, port })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StudioError('UNAVAILABLE', `The catalog in ${broker.dataFolder} cannot keep it: ${reason}. Nothing has changed.`, { cause })
  }
  if (problem !== undefined) throw new StudioError('UNAVAILABLE', `${problem[0]?.toUpperCase() ?? ''}${problem.slice(1)}.`)
  return null
}
