/** The scan thread: reads segments read-only and decodes records for the window (architecture rule 9). Ended by `terminate`. */

import { parentPort } from 'node:worker_threads'
import { assert } from '../common/assert.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { type ScanAnswer, type ScanRequest, Scanner } from '../studio/scan/scan.ts'

export type ScanWorkerRequest = { readonly id: number; readonly request: ScanRequest }
export type ScanWorkerAnswer = { readonly id: number } & ({ readonly answer: ScanAnswer } | { readonly bug: string })

assert(parentPort, 'this file runs in a worker')
const port = parentPort
const scanner = new Scanner(nodeDisk)

port.on('message', ({ id, request }: ScanWorkerRequest) => {
  scanner.ask(request).then(
    answer => post({ id, answer }, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : []), // the encoder's own, never shared
    (error: unknown) => post({ id, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }, []),
  )
})

function post(message: ScanWorkerAnswer, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer)
}
