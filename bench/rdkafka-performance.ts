/** librdkafka's own load generator, rdkafka_performance: compiled into the cache once, run, and its summary read. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { cachedFolder, digestOf } from '../test/support/clients-cache.ts'
import { run } from '../test/support/clients-process.ts'

const headers = join(import.meta.dirname, 'rdkafka-performance')
const examples = '/usr/share/doc/librdkafka-dev/examples'
const NAME = 'rdkafka_performance'

export type Summary = {
  readonly records: number
  readonly bytes: number
  readonly failed: number
  /** From the first record to the last acknowledgement, or from the first record read to the last. */
  readonly elapsedMs: number
}

/** The path of the compiled program. */
export async function rdkafkaPerformance(): Promise<string> {
  const headerTexts = readdirSync(headers).sort().map(name => readFileSync(join(headers, name)))
  const folder = await cachedFolder(`rdkafka-performance-${digestOf(...headerTexts)}`, async draft => {
    mkdirSync(join(draft, 'examples'))
    mkdirSync(join(draft, 'src'))
    writeFileSync(join(draft, 'examples', `${NAME}.c`), await programSource(draft))
    for (const name of readdirSync(headers)) copyFileSync(join(headers, name), join(draft, 'src', name))
    const flags = ['-O2', '-w', `-I${join(draft, 'src')}`, '-I/usr/include/librdkafka', '-o', join(draft, NAME)]
    await run('cc', [...flags, join(draft, 'examples', `${NAME}.c`), '-lrdkafka', '-lm'])
  })
  return join(folder, NAME)
}

/** Debian ships it as an example; images that leave documentation out still have it in the package. */
async function programSource(draft: string): Promise<Buffer> {
  const installed = sourceIn(examples)
  if (installed) return installed
  const fetched = join(draft, 'package')
  mkdirSync(fetched)
  await run('apt-get', ['download', 'librdkafka-dev'], { cwd: fetched })
  const [archive = ''] = readdirSync(fetched)
  await run('dpkg-deb', ['-x', join(fetched, archive), fetched])
  const source = sourceIn(join(fetched, examples))
  if (!source) throw new Error(`${NAME}.c is neither in ${examples} nor in the package librdkafka-dev; apt-get install -y librdkafka-dev`)
  return source
}

function sourceIn(folder: string): Buffer | undefined {
  const plain = join(folder, `${NAME}.c`)
  if (existsSync(plain)) return readFileSync(plain)
  return existsSync(`${plain}.gz`) ? gunzipSync(readFileSync(`${plain}.gz`)) : undefined
}

export async function librdkafkaVersion(): Promise<string> {
  const ran = await run(await rdkafkaPerformance(), ['-h'], { codes: [0, 1] })
  return /librdkafka version ([\d.]+)/.exec(ran.stderr + ran.stdout.toString())?.[1] ?? 'unknown'
}

/** Sends `count` records of `bytes` bytes each to all partitions. `settings` are librdkafka's. */
export async function produceLoad(load: {
  readonly address: string
  readonly topic: string
  readonly count: number
  readonly bytes: number
  readonly acks: number
  readonly settings?: Readonly<Record<string, string | number>>
}): Promise<Summary> {
  const flags = ['-P', '-t', load.topic, '-s', String(load.bytes), '-c', String(load.count), '-a', String(load.acks), '-b', load.address, '-q']
  const settings = { 'linger.ms': 5, 'queue.buffering.max.messages': 500_000, ...load.settings }
  const ran = await run(await rdkafkaPerformance(), [...flags, ...asFlags(settings)], { timeoutMs: 600_000 })
  const output = ran.stdout.toString()
  const found = /% (\d+) messages produced \((\d+) bytes\), (\d+) delivered \(offset -?\d+, (\d+) failed\) in (\d+)ms/.exec(output)
  if (!found) throw new Error(`no summary in ${output}${ran.stderr}`)
  return { records: Number(found[3]), bytes: Number(found[3]) * load.bytes, failed: Number(found[4]), elapsedMs: Number(found[5]) }
}

/** Reads `count` records of a topic from its start, in a group of one. */
export async function consumeLoad(load: { readonly address: string; readonly topic: string; readonly group: string; readonly count: number }): Promise<Summary> {
  const flags = ['-G', load.group, '-t', load.topic, '-c', String(load.count), '-b', load.address, '-q']
  const ran = await run(await rdkafkaPerformance(), [...flags, ...asFlags({ 'auto.offset.reset': 'earliest' })], { timeoutMs: 600_000 })
  const output = ran.stdout.toString()
  const found = /% (\d+) messages \((\d+) bytes\) consumed in (\d+)ms/.exec(output)
  if (!found) throw new Error(`no summary in ${output}${ran.stderr}`)
  return { records: Number(found[1]), bytes: Number(found[2]), failed: 0, elapsedMs: Number(found[3]) }
}

function asFlags(settings: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
}
