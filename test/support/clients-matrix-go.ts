/** The clients of the matrix in Go: franz-go, sarama and segmentio's kafka-go, compiled into one program in the cache. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'

const module = join(import.meta.dirname, '..', 'clients', 'matrix', 'go')

async function program(): Promise<string> {
  const files = readdirSync(module).toSorted().map(name => join(module, name))
  const made = await cachedFolder(`go-matrix-${digestOf(...files.map(file => readFileSync(file)))}`, async draft => {
    await run('go', ['build', '-o', join(draft, 'client'), '.'], { cwd: module, timeoutMs: 300_000 })
  })
  return join(made, 'client')
}

function client(name: string, path: string): MatrixClient {
  const version = new RegExp(`^\\s+${path} v(\\S+)$`, 'm').exec(readFileSync(join(module, 'go.mod'), 'utf8'))?.[1] ?? ''
  return { name, version, tools: ['go'], command: async () => [await program(), name] }
}

export const goMatrix: readonly MatrixClient[] = [
  client('franz-go', 'github.com/twmb/franz-go'),
  client('sarama', 'github.com/IBM/sarama'),
  client('kafka-go', 'github.com/segmentio/kafka-go'),
]
