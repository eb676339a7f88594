/** The area `brokers`: each of the brokers of this process, what it leads and coordinates, its stop and its start. */

import type { StudioContract } from './contract/index.ts'
import type { BrokerRow } from './contract/brokers.ts'
import { LiveList } from './live-list.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'

export function brokersArea(parts: StudioParts): Implementation<StudioContract>['brokers'] {
  const { pulse, broker } = parts
  const list = new LiveList<BrokerRow>({ pulse, keyOf: row => String(row.id), compute: () => brokerRows(parts), weight: () => partitionCount(parts) })
  return {
    list: (_, sink) => list.subscribe(sink),
    stop: async ({ id, isAbrupt }) => done(await broker.cluster.stop(id, { isAbrupt })),
    start: async ({ id }) => done(await broker.cluster.start(id)),
    electPreferred: () => electPreferred(parts),
  }
}

function done(refusal: string | undefined): null {
  if (refusal === undefined) return null
  throw new StudioError('UNAVAILABLE', `${refusal.charAt(0).toUpperCase()}${refusal.slice(1)}.`)
}

/** Between a stop and a start of brokers. */
function electPreferred({ broker }: StudioParts): Promise<number> {
  const { cluster, topics } = broker
  return cluster.change(async () => {
    const missed = [...topics.list()].flatMap(({ partitions }) => partitions.filter(partition => cluster.leadership.preferredOf(partition) !== undefined))
    await cluster.leadership.balance()
    return missed.filter(partition => cluster.leadership.preferredOf(partition) === undefined).length
  })
}

function partitionCount({ broker }: StudioParts): number {
  let count = 0
  for (const { partitions } of broker.topics.list()) count += partitions.length
  return count
}

type Held = { replicaCount: number; outOfSyncCount: number; offlineCount: number; soleCount: number; missedCount: number }
const NOTHING_HELD: Readonly<Held> = { replicaCount: 0, outOfSyncCount: 0, offlineCount: 0, soleCount: 0, missedCount: 0 }

function brokerRows({ broker }: StudioParts): readonly BrokerRow[] {
  const held = new Map<number, Held>()
  for (const { partitions } of broker.topics.list()) {
    for (const partition of partitions) {
      const { leader, replicas, isr } = partition.standing
      const preferred = broker.cluster.leadership.preferredOf(partition)
      for (const id of replicas) {
        const counts = held.get(id) ?? { ...NOTHING_HELD }
        counts.replicaCount++
        if (!isr.includes(id)) counts.outOfSyncCount++
        if (leader < 0) counts.offlineCount++
        else if (isr.length === 1 && leader === id) counts.soleCount++
        if (id === preferred) counts.missedCount++
        held.set(id, counts)
      }
    }
  }
  const nodes = broker.cluster.nodes()
  const upCount = nodes.filter(({ isUp }) => isUp).length
  const { controllerId } = broker.cluster
  return nodes.map(({ id, rack, isUp, addresses, leaderCount, connectionCount }) => {
    const node = broker.node(id)
    return {
      id, rack, isUp, addresses, leaderCount, connectionCount,
      isController: id === controllerId,
      ...(held.get(id) ?? NOTHING_HELD),
      groupCount: node.groups.groupCount,
      transactionalIdCount: node.transactions.transactionCount,
      stopProblem: isUp && upCount === 1 ? 'It is the last one that is up: stop the whole of Millrace instead' : null,
    }
  })
}
