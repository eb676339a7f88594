/** franz-go as a driver: a command line compiled from test/clients/go once. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import { lineDriver } from './clients-lines.ts'
import { run } from './clients-process.ts'

const module = join(import.meta.dirname, '..', 'clients', 'go')
const sources = ['go.mod', 'go.sum', 'main.go'].map(name => join(module, name))

/** The path of the compiled program. */
export async function goClient(): Promise<string> {
  const folder = await cachedFolder(`go-client-${digestOf(...sources.map(file => readFileSync(file)))}`, async draft => {
    await run('go', ['build', '-o', join(draft, 'client'), '.'], { cwd: module, timeoutMs: 300_000 })
  })
  return join(folder, 'client')
}

export const goDriver = lineDriver({
  name: `franz-go ${/franz-go v(\S+)/.exec(readFileSync(join(module, 'go.mod'), 'utf8'))?.[1]}`,
  command: async () => [await goClient()],
})
