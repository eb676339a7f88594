/** The area `local`: where the broker listens, what goes through it, who is connected, what happened. */

import type { ConnectionInfo } from '../broker/connection.ts'
import type { StudioContract } from './contract/index.ts'
import type { ClientRow, LocalStatus } from './contract/local.ts'
import type { EventLog } from './event-log.ts'
import { LiveList } from './live-list.ts'
import { followValue } from './live-value.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation } from './rpc/serve.ts'

export type DiskSpace = { readonly freeBytes: number }

export function localArea(parts: StudioParts, events: EventLog, space: () => DiskSpace): Implementation<StudioContract>['local'] {
  const clients = new LiveList<ClientRow>({ pulse: parts.pulse, keyOf: row => row.key, compute: () => clientRows(parts) })
  return {
    status: (_, sink) => followValue(sink, parts.pulse, () => ({ value: statusOf(parts, space()) })),
    clients: (_, sink) => clients.subscribe(sink),
    events: (_, sink) => events.subscribe(sink),
    rates: (_, sink) => parts.traffic.points.subscribe(sink),
    unknownFolders: () => parts.broker.unknownFolders,
  }
}

function statusOf({ broker, traffic, groups, host }: StudioParts, { freeBytes }: DiskSpace): LocalStatus {
  let [recovering, diskUsedBytes] = [0, 0]
  for (const { partitions } of broker.topics.list()) {
    for (const { state } of partitions) {
      if (state.is === 'recovering') recovering++
      if (state.is === 'ready') diskUsedBytes += state.log.sizeBytes
    }
  }
  return {
    state: 'listening',
    reason: null,
    address: broker.addresses[0] ?? '',
    addresses: broker.addresses,
    portTaken: host.portTaken,
    version: host.version,
    clusterId: broker.clusterId,
    brokerCount: 1,
    startedAt: broker.startedAt,
    startTookMs: broker.startTookMs,
    dataFolder: broker.dataFolder,
    isTemporary: host.isTemporary,
    recovering,
    topicCount: broker.topics.size,
    groupCount: groups.size,
    connectionCount: broker.connectionCount,
    inRate: traffic.inRate,
    outRate: traffic.outRate,
    diskUsedBytes,
    diskFreeBytes: freeBytes,
  }
}

/** Connections folded by client id, software and host, as one program opens several. */
function clientRows({ broker, traffic }: StudioParts): Iterable<ClientRow> {
  const rows = new Map<string, ClientRow>()
  for (const connection of broker.connections()) {
    const { clientId, software, softwareVersion, host, connectedAt } = connection
    const key = clientKey(connection)
    const rates = traffic.connection(connection)
    const row = rows.get(key)
    rows.set(key, {
      key,
      clientId: clientId ?? '', software, softwareVersion, host,
      connectionCount: (row?.connectionCount ?? 0) + 1,
      inRecordsRate: (row?.inRecordsRate ?? 0) + rates.in,
      outRecordsRate: (row?.outRecordsRate ?? 0) + rates.out,
      connectedAt: Math.min(row?.connectedAt ?? Infinity, connectedAt),
    })
  }
  return rows.values()
}

function clientKey({ clientId, software, softwareVersion, host }: ConnectionInfo): string {
  return JSON.stringify([clientId, software, softwareVersion, host])
}
