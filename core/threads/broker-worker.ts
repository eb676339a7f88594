/** The broker thread: the broker and its studio, hosted by Electron's main process, which hands over a port per window. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Broker } from '../broker/broker.ts'
import { PortTaken } from '../broker/listener.ts'
import { assert } from '../common/assert.ts'
import { systemClock } from '../common/clock.ts'
import { createLogger } from '../common/logger.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { systemRandom } from '../common/random.ts'
import { messagePortPort } from '../studio/rpc/port.ts'
import { createStudio, type NextBrokers, type Studio } from '../studio/studio.ts'
import { type ScanRole, startScan } from '../threads.ts'
import type { BrokerThreadData, FromBrokerThread, ToBrokerThread } from './broker-messages.ts'

assert(parentPort, 'this file runs in a worker')
const host = parentPort
const post = (message: FromBrokerThread): void => host.postMessage(message)
const logger = createLogger(line => post({ is: 'log', line }), { now: systemClock.now })

type Engine = { readonly broker: Broker; readonly studio: Studio; readonly scan: ScanRole }
const engine = start(workerData as BrokerThreadData) // what engine-host.ts hands over

host.on('message', (message: ToBrokerThread) => {
  if (message.is === 'connect') void connect(message.port)
  else void stop()
})

async function start(data: BrokerThreadData): Promise<Engine | undefined> {
  const { dataFolder, listeners, brokerCount = 1, racks = [], canChooseBrokers = false, ...facts } = data
  const scan = startScan({ logger })
  try {
    const broker = await Broker.start({
      dataFolder, listeners, brokerCount, racks, logger, disk: nodeDisk, clock: systemClock, random: systemRandom, processId: process.pid, work: scan,
    })
    const studio = createStudio({ broker, logger, scan, disk: nodeDisk, clock: systemClock, host: facts, ...(canChooseBrokers && { nextBrokers: nextBrokers(brokerCount) }) })
    post({ is: 'ready', addresses: broker.addresses })
    return { broker, studio, scan }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    post({ is: 'refused', reason, ...(cause instanceof PortTaken ? { portTaken: cause.port } : {}) })
    host.close()
    return undefined
  }
}

/** The host keeps the number, and takes it at its next start. */
function nextBrokers(now: number): NextBrokers {
  let count = now
  return {
    get count() { return count },
    choose(wanted) {
      count = wanted
      post({ is: 'choose-brokers', count })
    },
  }
}

async function connect(port: MessagePort): Promise<void> {
  const running = await engine
  if (running) running.studio.serve(messagePortPort(port))
  else port.close()
}

/** The thread ends by itself when its last handle is closed. */
async function stop(): Promise<void> {
  const running = await engine
  await running?.studio.stop()
  await running?.broker.stop()
  await running?.scan.stop()
  host.close()
}
