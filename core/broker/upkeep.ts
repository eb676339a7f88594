/** What looks after the logs while the broker runs: retention and the cleaner, put together. */

import type { Disk } from '../common/disk.ts'
import { LogCleaner, type LogCleanerSettings } from '../log/log-cleaner.ts'
import type { LogDirectory } from '../log/log-directory.ts'
import { LogSweeps } from '../log/log-sweeps.ts'
import type { SlowWork } from '../log/slow-work.ts'
import type { BrokerParts } from './broker-parts.ts'

type UpkeepParts = Pick<BrokerParts, 'config' | 'topics' | 'taps' | 'clock' | 'logger'>

export function sweepsOf(logs: LogDirectory, { topics, config, clock, logger }: Omit<UpkeepParts, 'taps'>): LogSweeps {
  const { retentionInitialDelayMs: initialDelayMs, retentionCheckIntervalMs: everyMs } = config
  return new LogSweeps({
    clock, logger, initialDelayMs, everyMs, logs: () => logs.openLogs(), atRest: () => topics.atRest(), saveStartOffsets: () => logs.saveStartOffsets(),
  })
}

type CleanerParts = UpkeepParts & Pick<BrokerParts, 'dynamicConfigs'> & { readonly disk: Disk; readonly work: SlowWork }

export function cleanerOf(logs: LogDirectory, { config, dynamicConfigs, topics, taps, disk, clock, logger, work }: CleanerParts): LogCleaner {
  const number = (name: string): number => dynamicConfigs.number(name, config.brokerId)
  const settings = (): LogCleanerSettings => (
    { backoffMs: number('log.cleaner.backoff.ms'), bytesPerSecond: number('log.cleaner.io.max.bytes.per.second'), mapBytes: number('log.cleaner.dedupe.buffer.size') })
  const cleaner = new LogCleaner({
    disk,
    clock,
    logger,
    folder: logs.folder,
    settings: settings(),
    logs: () => logs.openLogs(),
    clean: (job, watch) => work.clean(job, watch),
    onProgress: progress => taps.emit({ is: 'cleaning', topic: progress.topic, partition: progress.partition, progress }),
    onEnd: ({ topic, partition }, end) => taps.emit({ topic, partition, ...end }),
  })
  topics.onDeleted(({ name }) => cleaner.forget(name))
  taps.subscribe(event => {
    const log = event.is === 'partition-state' ? topics.partition(event.topic, event.partition)?.openLog : undefined
    if (log) cleaner.opened(log)
  })
  dynamicConfigs.onChange(({ kind }) => kind === 'broker' && cleaner.configure(settings()))
  if (config.cleanerEnabled) cleaner.start()
  return cleaner
}
