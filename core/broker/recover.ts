/** After the ports accept: opens every partition that is not at rest, the smallest unrecovered tail first, and loads coordinators as theirs become ready. */

import type { Clock, Timer } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { CoordinatorTopic } from './coordinator-topic.ts'
import type { Partition } from './partition.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

/** How often those are tried again that could not be opened. */
const REOPEN_EVERY_MS = 5000
/** Partitions opened at once: the thread pool has four threads, and serving needs some. */
const AT_ONCE = 3

export type Recovery = {
  /** Resolves when every partition is ready, at rest or failed and every coordinator is loaded; or when it was stopped. */
  readonly done: Promise<void>
  /** Opens no further partition, and gives up those being recovered at their next piece. */
  stop(): void
}

/** `tailBytes` says how much of a partition must be scanned. */
export function recover(options: {
  readonly topics: TopicRegistry
  /** The topics that coordinators load. */
  readonly coordinated: readonly CoordinatorTopic[]
  readonly clock: Clock
  readonly logger: Logger
  readonly tailBytes: (topic: string, partition: number) => Promise<number>
  /** Aborts what is being opened. */
  readonly abort: () => void
}): Recovery {
  const { topics, coordinated, clock, logger, tailBytes, abort } = options
  const queue = [...topics.list()].flatMap(topic => topic.partitions.filter(({ state }) => state.is === 'recovering').map(partition => ({ topic, partition, bytes: 0 })))
  const sorted = Promise.all(queue.map(async entry => (entry.bytes = await tailBytes(entry.topic.record.name, entry.partition.index).catch(() => 0))))
    .then(() => queue.sort((a, b) => a.bytes - b.bytes))
  const work = async (): Promise<void> => {
    await sorted
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { topic, partition } = next
      await openOne(topic, partition, topics, coordinated).catch((cause: unknown) => {
        logger.error('a partition was opened, and who waits for it failed', { topic: partition.topic, partition: partition.index, cause })
      })
    }
  }
  const done = Promise.all(Array.from({ length: AT_ONCE }, () => work())).then(() => undefined)
  const reopening = reopenFailed({ topics, coordinated, clock, logger })
  const stop = (): void => {
    queue.length = 0
    reopening.stop()
    abort()
  }
  return { done, stop }
}

/** Tries again, every now and then, what could not be opened: a disk gets room, a folder comes back. */
function reopenFailed({ topics, coordinated, clock, logger }: Pick<Parameters<typeof recover>[0], 'topics' | 'coordinated' | 'clock' | 'logger'>): { stop(): void } {
  let isStopped = false
  let timer: Timer | undefined
  const round = async (): Promise<void> => {
    for (const topic of topics.list()) {
      for (const partition of topic.partitions) {
        if (isStopped) return
        if (partition.state.is === 'failed' && (await topics.reopen(topic, partition))) await loadInto(coordinated, partition)
      }
    }
  }
  const later = (): void => {
    if (!isStopped) timer = clock.after(REOPEN_EVERY_MS, () => void round().catch((cause: unknown) => logger.error('failed partitions could not be tried again', { cause })).finally(later))
  }
  later()
  return {
    stop() {
      isStopped = true
      timer?.cancel()
    },
  }
}

async function openOne(topic: Topic, partition: Partition, topics: TopicRegistry, coordinated: readonly CoordinatorTopic[]): Promise<void> {
  await topics.open(topic.record, partition, false)
  await loadInto(coordinated, partition)
}

async function loadInto(coordinated: readonly CoordinatorTopic[], partition: Partition): Promise<void> {
  for (const topic of coordinated) await topic.load(partition)
}
