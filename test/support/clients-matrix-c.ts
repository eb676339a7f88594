/** The client of the matrix in C: the librdkafka that Debian 12 has, with a program compiled against it in the cache. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'

const folder = join(import.meta.dirname, '..', 'clients', 'matrix', 'c')

async function program(): Promise<string> {
  const files = readdirSync(folder).toSorted().map(name => join(folder, name))
  const made = await cachedFolder(`c-matrix-${digestOf(...files.map(file => readFileSync(file)))}`, async draft => {
    const sources = files.filter(file => file.endsWith('.c'))
    await run('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', join(draft, 'client'), ...sources, '-lrdkafka', '-lpthread'])
  })
  return join(made, 'client')
}

export const cMatrix: readonly MatrixClient[] = [
  { name: 'librdkafka', version: '2.0.2', tools: ['cc'], command: async () => [await program()] },
]
