/** Tells a client that asked the wrong broker who leads (KIP-951): it goes there without asking for metadata first. */

import { type Cluster, factsOf, type NodeEndpoint } from './cluster.ts'
import type { RequestContext } from './handler.ts'
import type { Partition } from './partition.ts'
import { NO_LEADER } from './placement.ts'

/** -1, -1 while nobody leads. */
export type LeaderHint = { readonly leaderId?: number | undefined; readonly leaderEpoch?: number | undefined }

export function leaderHint(partition: Partition, cluster: Cluster): LeaderHint {
  const { leader, leaderEpoch } = factsOf(partition, cluster)
  return { leaderId: leader, leaderEpoch }
}

/** Where the leaders are, each once. */
export function endpointsOf(hints: readonly LeaderHint[], { broker, connection }: RequestContext): NodeEndpoint[] {
  return [...new Set(hints.map(({ leaderId = NO_LEADER }) => leaderId))].flatMap(id => broker.cluster.endpointOf(id, connection.listener) ?? [])
}
