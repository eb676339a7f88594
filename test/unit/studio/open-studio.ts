/** A studio over a real broker on a memory disk, and a window's client of it over a MessageChannel. */

import { MessageChannel } from 'node:worker_threads'
import { expect, onTestFinished, vi } from 'vitest'
import { type Clock, systemClock } from '../../../core/common/clock.ts'
import { createLogger } from '../../../core/common/logger.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { studioContract, type StudioContract } from '../../../core/studio/contract/index.ts'
import type { StudioFailure } from '../../../core/studio/contract/contract.ts'
import { type Client, connectContract, type Subscription } from '../../../core/studio/rpc/connect.ts'
import { messagePortPort } from '../../../core/studio/rpc/port.ts'
import { createStudio, type Studio } from '../../../core/studio/studio.ts'
import { startScan } from '../../../core/threads.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

export type OpenStudio = MemoryBroker & { readonly studio: Studio; readonly client: Client<StudioContract>; readonly bugs: string[] }

export async function openStudio(options: Parameters<typeof startMemoryBroker>[0] = {}): Promise<OpenStudio> {
  const memory = await startMemoryBroker(options)
  const clock: Clock = options.clock ?? systemClock
  const bugs: string[] = []
  const logger = createLogger(line => { if (line.includes(' error ')) bugs.push(line) }, { now: clock.now })
  const disk = options.folder === undefined ? memory.disk : nodeDisk
  const scan = startScan({ logger, disk })
  const studio = createStudio({
    broker: memory.broker, clock, logger, disk, scan,
    host: { version: '0.0.0-test', isTemporary: true, portTaken: null },
  })
  const { port1, port2 } = new MessageChannel()
  studio.serve(messagePortPort(port2))
  onTestFinished(async () => {
    await studio.stop()
    await memory.stop()
    await scan.stop()
    expect(bugs).toEqual([])
  })
  return { ...memory, studio, client: connectContract(studioContract, messagePortPort(port1)), bugs }
}

export type Collected<T> = Subscription & {
  readonly items: T[]
  readonly ended: { failure: StudioFailure | null } | undefined
  /** Resolves with what `find` gives once that is not undefined. */
  until<R>(find: (items: readonly T[]) => R | undefined): Promise<R>
}

/** Follows a stream and keeps its items. */
export function collect<I, T>(stream: { subscribe(input: I, handlers: { onItem(item: T): void; onEnd(failure: StudioFailure | null): void }): Subscription }, input: I): Collected<T> {
  const items: T[] = []
  let ended: { failure: StudioFailure | null } | undefined
  const subscription = stream.subscribe(input, { onItem: item => items.push(item), onEnd: failure => { ended = { failure } } })
  return {
    items,
    get ended() { return ended },
    close: () => subscription.close(),
    pause: () => subscription.pause(),
    resume: () => subscription.resume(),
    until: find => vi.waitFor(() => {
      const found = find(items)
      if (found === undefined) throw new Error(`not yet: ${ended ? `ended ${JSON.stringify(ended)}` : `${items.length} items`}`)
      return found
    }, { timeout: 10_000, interval: 5 }),
  }
}

/** Appends one batch of records with these values, as a producer would. */
export function append({ broker }: Pick<MemoryBroker, 'broker'>, topic: string, values: readonly string[], o: { partition?: number; timestamp?: number } = {}): void {
  const log = broker.log(topic, o.partition ?? 0)
  if (!log) throw new Error(`there is no log of ${topic}`)
  const timestamp = o.timestamp ?? systemClock.now()
  const appended = log.append(encodeBatch({ records: values.map(value => ({ key: null, value: Buffer.from(value), timestamp })) }))
  if (appended.error !== 'NONE') throw new Error(appended.message)
}
