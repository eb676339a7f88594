/** Where code of the engine runs: the one place that knows its threads (architecture rule 9). */

import { Worker } from 'node:worker_threads'
import { systemClock } from './common/clock.ts'
import type { Disk } from './common/disk.ts'
import type { Logger } from './common/logger.ts'
import { nodeDisk } from './common/node-disk.ts'
import { systemRandom } from './common/random.ts'
import { inProcessWork, type SlowWork } from './log/slow-work.ts'
import { Scanner, type Scan } from './studio/scan/scan.ts'
import { ScanThread } from './threads/scan-thread.ts'

export type ThreadRole = 'broker' | 'scan'

/** The file a thread of this role starts from: the source when run from source, else the bundle beside this one. */
export function workerUrl(role: ThreadRole): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? `./threads/${role}-worker.ts` : `./${role}-worker.js`, import.meta.url)
}

/** The scan role, for the studio (`ask`) and for the broker's log (the rest). Its owner stops it after both. */
export type ScanRole = Scan & SlowWork

/** One thread, started on first use; in process for a disk that lives in this thread's memory. `startWorker`: a test keeps hold of it. */
export function startScan(options: { readonly logger: Logger; readonly disk?: Disk; readonly startWorker?: () => Worker }): ScanRole {
  const { logger, disk = nodeDisk, startWorker = () => new Worker(workerUrl('scan'), { name: 'scan' }) } = options
  if (disk === nodeDisk) return new ScanThread({ startWorker, logger })
  const scanner = new Scanner(disk)
  return { ...inProcessWork({ disk, clock: systemClock, random: systemRandom }), ask: request => scanner.ask(request), stop: () => scanner.stop() }
}
