/** The clients of the matrix in Python: kafka-python, aiokafka and confluent-kafka, in one environment in the cache. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'

const folder = join(import.meta.dirname, '..', 'clients', 'matrix', 'python')
const requirements = join(folder, 'requirements.txt')

/** An environment does not survive a rename with its scripts intact; its interpreter does, and that is all we call. */
export async function pythonEnvironment(): Promise<string> {
  const made = await cachedFolder(`python-matrix-${digestOf(readFileSync(requirements))}`, async draft => {
    await run('python3', ['-m', 'venv', draft])
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { timeoutMs: 300_000 })
  })
  return join(made, 'bin', 'python')
}

/** The version of a package in that environment. */
export function pythonPinned(name: string): string {
  return new RegExp(`^${name}==(.+)$`, 'm').exec(readFileSync(requirements, 'utf8'))?.[1] ?? ''
}

function client(name: string, program: string): MatrixClient {
  return { name, version: pythonPinned(name), tools: ['python'], command: async () => [await pythonEnvironment(), join(folder, program)] }
}

export const pythonMatrix: readonly MatrixClient[] = [
  client('kafka-python', 'kafka_python.py'),
  client('aiokafka', 'asyncio_kafka.py'),
  client('confluent-kafka', 'confluent.py'),
]
