/** The window of a headless broker: the studio over it, served as a web page. */

import { fileURLToPath } from 'node:url'
import type { Broker } from '../broker/broker.ts'
import { systemClock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { nodeDisk } from '../common/node-disk.ts'
import type { Scan } from '../studio/scan/scan.ts'
import { createStudio, type HostFacts } from '../studio/studio.ts'
import { startHttp } from './http.ts'
import { productVersion } from './version.ts'

export type WebWindowOptions = {
  readonly address: { readonly host: string; readonly port: number }
  readonly broker: Broker
  readonly scan: Scan
  readonly taken: HostFacts['portTaken']
  readonly isTemporary: boolean
  readonly logger: Logger
}

/** Rejects with a sentence when the address cannot be had; then nothing is left running but the broker. */
export async function startWebWindow(options: WebWindowOptions): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { address, broker, scan, taken, isTemporary, logger } = options
  const host = { version: productVersion(), isTemporary, portTaken: taken }
  const studio = createStudio({ broker, logger, host, scan, disk: nodeDisk, clock: systemClock })
  try {
    const http = await startHttp({ ...address, logger, windowFolder: windowFolder(), serveWindow: port => studio.serve(port) })
    return {
      url: http.url,
      async stop() {
        await studio.stop()
        await http.stop()
      },
    }
  } catch (cause) {
    await studio.stop()
    throw cause
  }
}

/** Beside the bundle of the app, and from source where the build puts it. */
function windowFolder(): string {
  const isSource = import.meta.url.endsWith('.ts')
  return fileURLToPath(new URL(isSource ? '../../dist/window' : '../window', import.meta.url))
}
