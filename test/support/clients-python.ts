/** confluent-kafka for Python as a driver, out of the environment of the client matrix. */

import { join } from 'node:path'
import { lineDriver } from './clients-lines.ts'
import { pythonEnvironment, pythonPinned } from './clients-matrix-python.ts'

export const pythonDriver = lineDriver({
  name: `confluent-kafka ${pythonPinned('confluent-kafka')}`,
  command: async () => [await pythonEnvironment(), join(import.meta.dirname, '..', 'clients', 'python', 'client.py')],
})
