/** The client of the matrix in C: the librdkafka that Debian 12 has, with a program compiled against it in the cache. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'

const folder = join(import.meta.dirname, '..', 'clients', 'matrix', 'c')

/** As the library's own RD_KAFKA_VERSION without its last byte. */
const VERSION = [2, 0, 2]

async function program(): Promise<string> {
  const files = readdirSync(folder).toSorted().map(name => join(folder, name))
  const made = await cachedFolder(`c-matrix-${digestOf(VERSION.join(), ...files.map(file => readFileSync(file)))}`, async draft => {
    const sources = files.filter(file => file.endsWith('.c'))
    const wanted = `-DWANTED_VERSION=0x${VERSION.map(part => part.toString(16).padStart(2, '0')).join('')}`
    await run('cc', [wanted, '-O1', '-Wall', '-Wextra', '-Werror', '-o', join(draft, 'client'), ...sources, '-lrdkafka', '-lpthread'])
  })
  return join(made, 'client')
}

export const cMatrix: readonly MatrixClient[] = [
  { name: 'librdkafka', version: VERSION.join('.'), tools: ['cc'], command: async () => [await program()] },
]
