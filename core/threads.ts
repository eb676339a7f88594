/** Where code of the engine runs: the one place that knows its threads (architecture rule 9). */

import type { Disk } from './common/disk.ts'
import type { Logger } from './common/logger.ts'
import { nodeDisk } from './common/node-disk.ts'
import { Scanner, type Scan } from './studio/scan/scan.ts'
import { ScanThread } from './threads/scan-thread.ts'

export type ThreadRole = 'broker' | 'scan'

/** The file a thread of this role starts from: the source when run from source, else the bundle beside this one. */
export function workerUrl(role: ThreadRole): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? `./threads/${role}-worker.ts` : `./${role}-worker.js`, import.meta.url)
}

/** The scan role: a thread of its own, started on first use; in process for a disk that lives in this thread's memory. */
export function startScan(options: { readonly logger: Logger; readonly disk?: Disk }): Scan {
  const { logger, disk = nodeDisk } = options
  return disk === nodeDisk ? new ScanThread({ url: workerUrl('scan'), logger }) : new Scanner(disk)
}
