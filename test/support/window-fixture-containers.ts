/** "Reachable from containers" of the made-up shop: a machine with two networks; port 9092 is taken, and 192.0.2.1 is not its own. */

import type { ContainerAccess } from '../../core/studio/contract/containers.ts'
import { StudioError } from '../../core/studio/rpc/studio-error.ts'

export type ContainersStory = {
  /** On since the last start, but its port was taken meanwhile. */
  readonly hasContainersTrouble?: boolean
}

export function startContainers({ hasContainersTrouble = false }: ContainersStory): ContainerAccess {
  return {
    isOn: hasContainersTrouble,
    problem: hasContainersTrouble ? 'port 29092 is taken by docker-proxy: stop it, or choose another port' : null,
    isForThisRun: false,
    host: 'host.docker.internal',
    port: hasContainersTrouble ? 29_092 : null,
    addresses: [],
    ownAddresses: [
      { address: '192.168.1.23', interface: 'wlan0' },
      { address: '172.17.0.1', interface: 'docker0' },
      { address: '2001:db8::23', interface: 'wlan0' },
    ],
  }
}

export function switched(before: ContainerAccess, { isOn, host, port }: Pick<ContainerAccess, 'isOn' | 'host' | 'port'>): ContainerAccess {
  if (isOn && port === 9092) throw new StudioError('UNAVAILABLE', 'Port 9092 is taken by node: stop it, or choose another port.')
  if (isOn && host === '192.0.2.1') throw new StudioError('UNAVAILABLE', 'Cannot listen on 192.0.2.1:29092: this machine has no such address.')
  const used = port ?? 29_092
  return { ...before, isOn, host, port: used, problem: null, isForThisRun: false, addresses: isOn ? [`${host}:${used}`] : [] }
}
