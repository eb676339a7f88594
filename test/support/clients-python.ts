/** confluent-kafka for Python as a driver: installed into an environment of its own in the cache. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import { lineDriver } from './clients-lines.ts'
import { run } from './clients-process.ts'

const folder = join(import.meta.dirname, '..', 'clients', 'python')
const requirements = join(folder, 'requirements.txt')

/** An environment does not survive a rename with its scripts intact; its interpreter does, and that is all we call. */
export async function pythonEnvironment(): Promise<string> {
  const environment = await cachedFolder(`python-client-${digestOf(readFileSync(requirements))}`, async draft => {
    await run('python3', ['-m', 'venv', draft])
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { timeoutMs: 300_000 })
  })
  return join(environment, 'bin', 'python')
}

export const pythonDriver = lineDriver({
  name: readFileSync(requirements, 'utf8').trim().replace('==', ' '),
  command: async () => [await pythonEnvironment(), join(folder, 'client.py')],
})
