/** Apache Kafka's own Java client in the client matrix, with groups of both protocols. */

import { javaClientClassPath } from './clients-java.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { KAFKA_VERSION, QUICK_START } from './java.ts'

export const javaMatrix: readonly MatrixClient[] = [{
  name: 'kafka-clients',
  version: KAFKA_VERSION,
  tools: ['java', 'maven'],
  command: async () => ['java', '-Xmx256m', ...QUICK_START, '-cp', await javaClientClassPath(), 'millrace.matrix.Matrix'],
}]
