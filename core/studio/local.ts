/** The area `local`: where the broker listens, what goes through it, who is connected, what happened. */

import type { ConnectionInfo } from '../broker/connection.ts'
import { containerAccess, setContainers } from './containers.ts'
import type { StudioContract } from './contract/index.ts'
import type { ClientRow, LocalStatus, Upkeep } from './contract/local.ts'
import type { CutNotice, PartitionNotice } from './contract/storage.ts'
import type { EventLog } from './event-log.ts'
import { LiveList } from './live-list.ts'
import { followValue } from './live-value.ts'
import { cutNotice, figuresOf, isOffline, lostIn, offlineNotice } from './partition-storage.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'

export type DiskSpace = { readonly freeBytes: number }

export function localArea(parts: StudioParts, events: EventLog, space: () => DiskSpace): Implementation<StudioContract>['local'] {
  const clients = new LiveList<ClientRow>({ pulse: parts.pulse, keyOf: row => row.key, compute: () => clientRows(parts) })
  const stored = new StoredFigures(parts)
  return {
    status: (_, sink) => followValue(sink, parts.pulse, () => ({ value: statusOf(parts, stored.now, space()) })),
    clients: (_, sink) => clients.subscribe(sink),
    events: (_, sink) => events.subscribe(sink),
    rates: (_, sink) => parts.traffic.points.subscribe(sink),
    setDurableAcks: ({ isOn }) => setDurableAcks(parts, isOn),
    containers: (_, sink) => followValue(sink, parts.pulse, () => ({ value: containerAccess(parts) })),
    setContainers: change => setContainers(parts, change),
    chooseBrokerCount: ({ count }) => chooseBrokerCount(parts, count),
    unknownFolders: () => parts.broker.unknownFolders,
  }
}

/** So many partitions are gone through once a second. */
const PARTITIONS_AT_ONCE = 1000
const STORED_FOR_MS = 1000

/** What all logs say together. */
class StoredFigures {
  readonly #parts: StudioParts
  #last: { readonly atMs: number; readonly stored: Stored } | undefined

  constructor(parts: StudioParts) {
    this.#parts = parts
  }

  get now(): Stored {
    const atMs = this.#parts.clock.elapsed()
    const last = this.#last
    if (last && last.stored.partitionCount > PARTITIONS_AT_ONCE && atMs - last.atMs < STORED_FOR_MS) return last.stored
    const stored = storedIn(this.#parts)
    this.#last = { atMs, stored }
    return stored
  }
}

/** Notices sent with the status; the topics' own pages have them all. */
const NOTICES_MAX = 5

type Stored = Pick<LocalStatus, 'recovering' | 'partitionCount' | 'offline' | 'cut' | 'ownFlushTopicCount' | 'diskUsedBytes'>

function storedIn({ broker }: StudioParts): Stored {
  let [recovering, partitionCount, offlineCount, cutCount, cutBytes, ownFlushTopicCount, diskUsedBytes] = [0, 0, 0, 0, 0, 0, 0]
  const offline: PartitionNotice[] = []
  const cut: CutNotice[] = []
  for (const { record, partitions } of broker.topics.list()) {
    partitionCount += partitions.length
    if (record.configs['flush.messages'] !== undefined) ownFlushTopicCount++
    for (const partition of partitions) {
      if (partition.state.is === 'recovering') recovering++
      diskUsedBytes += figuresOf(partition).sizeBytes
      const trouble = isOffline(partition) && offlineNotice(partition)
      if (trouble && ++offlineCount <= NOTICES_MAX) offline.push(trouble)
      const { openLog } = partition
      if (!openLog || !lostIn(partition)) continue
      cutBytes += openLog.recovery.cutBytes
      if (++cutCount <= NOTICES_MAX) cut.push(cutNotice(openLog))
    }
  }
  return {
    recovering, partitionCount, ownFlushTopicCount, diskUsedBytes,
    offline: { count: offlineCount, first: offline },
    cut: { count: cutCount, bytes: cutBytes, first: cut },
  }
}

function upkeepOf({ broker }: StudioParts): Upkeep {
  const { retentionCheckIntervalMs, cleanerEnabled, cleanerBackoffMs, cleanerBytesPerSecond } = broker.parts.config
  return {
    retentionCheckIntervalMs,
    isCompacting: cleanerEnabled,
    cleanerBackoffMs,
    cleanerBytesPerSecond: cleanerBytesPerSecond === Infinity ? null : cleanerBytesPerSecond,
  }
}

function setDurableAcks({ broker }: StudioParts, isOn: boolean): null {
  const { durableAcks } = broker.parts
  try {
    durableAcks.set(isOn)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StudioError('UNAVAILABLE', `The catalog in ${broker.dataFolder} cannot keep it: ${reason}. Nothing has changed.`, { cause })
  }
  if (durableAcks.isOn !== isOn) {
    throw new StudioError('UNAVAILABLE', 'The broker was started with log.flush.interval.messages=1, which asks for the same. Start it without.')
  }
  return null
}

function statusOf(parts: StudioParts, stored: Stored, { freeBytes }: DiskSpace): LocalStatus {
  const { broker, traffic, groups, transactions, host } = parts
  return {
    state: 'listening',
    reason: null,
    address: addressOf(parts),
    addresses: broker.addresses,
    portTaken: host.portTaken,
    version: host.version,
    clusterId: broker.clusterId,
    brokerCount: broker.parts.nodes.size,
    brokersUp: upCount(parts),
    nextBrokerCount: parts.nextBrokers?.count ?? null,
    startedAt: broker.startedAt,
    startTookMs: broker.startTookMs,
    dataFolder: broker.dataFolder,
    isTemporary: host.isTemporary,
    ...stored,
    damaged: parts.damage.now,
    durableAcks: broker.parts.durableAcks.isOn,
    upkeep: upkeepOf(parts),
    topicCount: broker.topics.size,
    groupCount: groups.size,
    transactionalIdCount: transactions.size,
    openTransactionCount: transactions.openCount,
    connectionCount: broker.connectionCount,
    inRate: traffic.inRate,
    outRate: traffic.outRate,
    diskFreeBytes: freeBytes,
  }
}

function chooseBrokerCount({ nextBrokers }: StudioParts, count: number): null {
  if (!nextBrokers) throw new StudioError('UNAVAILABLE', 'The number of brokers is said where this broker was started: start it with --brokers.')
  nextBrokers.choose(count)
  return null
}

/** Of the first broker that is up: what it listens on first. */
function addressOf({ broker: { cluster } }: StudioParts): string {
  const up = cluster.placement.nodes.find(({ id }) => cluster.isUp(id))
  return (up && cluster.addressesOf(up.id)[0]) ?? ''
}

function upCount({ broker }: StudioParts): number {
  const { placement } = broker.cluster
  return placement.nodes.filter(({ id }) => placement.isUp(id)).length
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
