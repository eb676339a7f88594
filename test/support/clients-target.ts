/** The broker that the client tests talk to: Millrace, or with MILLRACE_TEST_TARGET=kafka Apache Kafka, which proves the tests themselves. */

import { MillraceProcess } from './broker-process.ts'
import { KafkaPeer } from './kafka-peer.ts'

export type TestBroker = MillraceProcess | KafkaPeer

export const targetIsKafka = process.env['MILLRACE_TEST_TARGET'] === 'kafka'

export function startTarget(): Promise<TestBroker> {
  return targetIsKafka ? KafkaPeer.start() : MillraceProcess.start()
}
