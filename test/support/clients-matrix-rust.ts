/** The clients of the matrix in Rust: rdkafka with the librdkafka it carries, and rskafka, compiled in the cache. */

import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, cachePath, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'

const crate = join(import.meta.dirname, '..', 'clients', 'matrix', 'rust')
const names = ['rdkafka', 'rskafka']

/** The folder of the programs. What they are built from stays compiled beside it: a change of ours takes seconds then, not minutes. */
function programs(): Promise<string> {
  const files = readdirSync(crate, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name)).toSorted()
  return cachedFolder(`rust-matrix-${digestOf(...files.map(file => readFileSync(file)))}`, async draft => {
    const target = cachePath('rust-target')
    await run('cargo', ['build', '--quiet', '--locked', '--target-dir', target], { cwd: crate, timeoutMs: 900_000 })
    for (const name of names) copyFileSync(join(target, 'debug', name), join(draft, name))
  })
}

function client(name: string): MatrixClient {
  const version = new RegExp(`^${name} = \\{ version = "=([^"]+)"`, 'm').exec(readFileSync(join(crate, 'Cargo.toml'), 'utf8'))?.[1] ?? ''
  return { name, version, tools: ['rust', 'cxx'], command: async () => [join(await programs(), name)] }
}

export const rustMatrix: readonly MatrixClient[] = names.map(client)
