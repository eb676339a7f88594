/** A real broker on a memory disk and free loopback ports, and the short ways tests speak to it. */

import { loopbackListener, type ListenerAddress } from '../../core/broker/addresses.ts'
import { Broker } from '../../core/broker/broker.ts'
import type { BrokerConfig } from '../../core/broker/broker-config.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { systemClock, type Clock } from '../../core/common/clock.ts'
import { createLogger } from '../../core/common/logger.ts'
import { MemoryDisk } from '../../core/common/memory-disk.ts'
import { nodeDisk } from '../../core/common/node-disk.ts'
import { seededRandom } from '../../core/common/random.ts'
import type { SlowWork } from '../../core/log/slow-work.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ask, RawConnection } from './clients-frames.ts'

export type MemoryBroker = {
  readonly broker: Broker
  readonly port: number
  /** Of each broker's first listener, by its id. */
  portOf(nodeId: number): number
  readonly disk: MemoryDisk
  /** Log lines so far. */
  readonly lines: readonly string[]
  /** One request on a connection of its own kept for the test. */
  ask<A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>>
  /** To the first broker unless told. */
  connect(nodeId?: number): Promise<RawConnection>
  stop(): Promise<void>
}

export async function startMemoryBroker(options: {
  readonly topics?: Readonly<Record<string, number>>
  readonly config?: Partial<BrokerConfig>
  readonly listeners?: readonly ListenerAddress[]
  readonly clock?: Clock
  readonly brokerCount?: number
  readonly racks?: readonly string[]
  readonly disk?: MemoryDisk
  /** Where slow work is done; in this thread unless told. */
  readonly work?: SlowWork
  /** A data folder on the real disk instead, for what must outlive the broker: the catalog of a memory disk does not. */
  readonly folder?: string
  /** An open catalog in place of its own; a stop closes it. */
  readonly catalog?: Catalog
} = {}): Promise<MemoryBroker> {
  const { topics = {}, config = {}, listeners = [loopbackListener(0)], clock = systemClock, disk = new MemoryDisk(), folder, work, catalog, brokerCount = 1, racks = [] } = options
  const lines: string[] = []
  const broker = await Broker.start({
    dataFolder: folder ?? '/data',
    listeners,
    config: { offsetsTopicPartitions: 4, transactionTopicPartitions: 4, ...config },
    topics: Object.entries(topics).map(([name, partitionCount]) => ({ name, partitionCount })),
    brokerCount,
    racks,
    disk: folder === undefined ? disk : nodeDisk,
    clock,
    random: seededRandom(7),
    logger: createLogger(line => lines.push(line), { now: () => clock.now() }),
    processId: folder === undefined ? null : process.pid,
    ...(work && { work }),
    ...(catalog && { catalog }),
  })
  await broker.recovered
  const port = broker.advertised[0]?.port ?? 0
  const portOf = (nodeId: number): number => broker.advertised[(nodeId - 1) * listeners.length]?.port ?? 0
  const open = new Set<RawConnection>()
  const connect = async (nodeId = 1): Promise<RawConnection> => {
    const connection = await RawConnection.open(portOf(nodeId))
    open.add(connection)
    return connection
  }
  let first: Promise<RawConnection> | undefined
  return {
    broker,
    port,
    portOf,
    disk,
    lines,
    connect,
    ask: async (api, version, request) => ask(await (first ??= connect()), api, version, request),
    async stop() {
      for (const connection of open) connection.close()
      await broker.stop()
    },
  }
}
