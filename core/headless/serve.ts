/** `millrace serve`: the broker in this process, headless, until it is told to stop. */

import { resolve } from 'node:path'
import { loopbackListener, printAddress, type ListenerAddress } from '../broker/addresses.ts'
import { Broker } from '../broker/broker.ts'
import { choosePort, type ChosenPort } from '../broker/choose-port.ts'
import { opened } from '../broker/container-access.ts'
import { systemClock } from '../common/clock.ts'
import { createLogger, type Logger } from '../common/logger.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { systemRandom } from '../common/random.ts'
import { type ScanRole, startScan } from '../threads.ts'
import type { ServeArguments } from './arguments.ts'
import { removeAbandoned, temporaryFolder } from './data-folder.ts'

const STOP_MS_MAX = 2000

/** Runs until SIGTERM or SIGINT; resolves with the exit code. Start-up problems are one line on standard error. */
export async function serve(options: ServeArguments): Promise<number> {
  const logger = createLogger(line => process.stderr.write(`${line}\n`), { now: systemClock.now, format: options.logFormat })
  const isTemporary = options.dataFolder === undefined
  const dataFolder = options.dataFolder === undefined ? temporaryFolder(nodeDisk, systemRandom, process.pid) : resolve(options.dataFolder)
  const stopAsked = untilStopped()
  const scan = startScan({ logger })
  try {
    if (options.readyFile !== undefined) dropStale(options.readyFile)
    const { broker, taken } = await start(options, dataFolder, { logger, scan })
    let http: Awaited<ReturnType<typeof startWindow>> | undefined
    try {
      http = options.http ? await startWindow(options.http, { broker, scan, taken, isTemporary, logger }) : undefined
      announce(broker, options, { isTemporary, taken, windowUrl: http?.url })
      if (isTemporary) removeAbandoned(nodeDisk).catch((cause: unknown) => logger.warn('an old temporary folder could not be removed', { cause }))
      await stopAsked
    } finally {
      await stopWithin(async () => {
        await http?.stop()
        await broker.stop()
      }, logger)
    }
    return 0
  } finally {
    await scan.stop()
    if (isTemporary) await nodeDisk.remove(dataFolder)
  }
}

/** A ready file of an earlier run would say too early that clients can connect. */
function dropStale(readyFile: string): void {
  if (nodeDisk.readSmallNow(readyFile) !== undefined) nodeDisk.removeNow(readyFile)
}

type Started = { readonly broker: Broker; readonly taken: ChosenPort['taken'] }

async function start(options: ServeArguments, dataFolder: string, { logger, scan }: { logger: Logger; scan: ScanRole }): Promise<Started> {
  const chosen = options.listeners.length > 0 ? { listeners: options.listeners, taken: null } : await chooseLoopback(options.brokerCount)
  const broker = await Broker.start({
    dataFolder,
    listeners: chosen.listeners,
    topics: options.topics,
    config: options.config,
    brokerCount: options.brokerCount,
    racks: options.racks,
    ...(options.durableAcks === undefined ? {} : { durableAcks: options.durableAcks }),
    ...(options.containers && { containers: options.containers }),
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    logger,
    processId: process.pid,
    work: scan,
  })
  return { broker, taken: chosen.taken }
}

async function chooseLoopback(brokerCount: number): Promise<{ readonly listeners: readonly ListenerAddress[]; readonly taken: ChosenPort['taken'] }> {
  const { port, taken } = await choosePort(null, { count: brokerCount })
  return { listeners: [loopbackListener(port)], taken }
}

async function startWindow(
  address: NonNullable<ServeArguments['http']>,
  engine: { readonly broker: Broker; readonly scan: ScanRole; readonly taken: ChosenPort['taken']; readonly isTemporary: boolean; readonly logger: Logger },
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { startWebWindow } = await import('./web-window.ts')
  return startWebWindow({ address, ...engine })
}

function announce(broker: Broker, options: ServeArguments, facts: { isTemporary: boolean; taken: ChosenPort['taken']; windowUrl: string | undefined }): void {
  const { taken, isTemporary, windowUrl } = facts
  if (taken) process.stdout.write(`Port ${taken.wanted} is taken${taken.holder ? ` by ${taken.holder}` : ''}; using ${printAddress(broker.advertised[0] ?? { host: '', port: 0 })} instead.\n`)
  const where = isTemporary ? `in ${broker.dataFolder} (temporary, removed at exit)` : `in ${broker.dataFolder}`
  process.stdout.write(`Millrace listens on ${broker.addresses.join(', ')}, data ${where}, ready after ${Math.round(broker.startTookMs)} ms\n`)
  const { isOn, problem, host } = broker.parts.containers.state
  if (isOn && problem === null) process.stdout.write(`Reachable from containers: whoever reaches ${opened(host).map(({ address }) => address).join(', ')} can connect, without authentication\n`)
  if (windowUrl !== undefined) process.stdout.write(`Window: ${windowUrl}\n`)
  if (options.readyFile !== undefined) nodeDisk.replaceNow(options.readyFile, Buffer.from(`${broker.addresses.join('\n')}\n`))
}

function untilStopped(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}

/** A stop that hangs must not hold the terminal: what was acknowledged is in the page cache already. */
async function stopWithin(stop: () => Promise<void>, logger: Logger): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<'late'>()
  const timer = systemClock.after(STOP_MS_MAX, () => resolve('late'))
  const outcome = await Promise.race([stop(), tooLate])
  timer.cancel()
  if (outcome === 'late') logger.warn('the broker took too long to stop; the next start recovers', { ms: STOP_MS_MAX })
}
