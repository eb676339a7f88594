/**
 * The clients of the matrix in Node.js: kafkajs and @platformatic/kafka, which are installed with Millrace, and @confluentinc/kafka-javascript,
 * compiled in the cache with the librdkafka that its package carries. Its binary is elsewhere than its package, and compiling takes a minute or
 * two: nothing that every `npm ci` should do.
 */

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { MatrixClient } from './clients-matrix.ts'
import { run } from './clients-process.ts'
import { packageVersion } from './clients-tools.ts'

const folder = join(import.meta.dirname, '..', 'clients', 'matrix', 'node')
const CONFLUENT = '@confluentinc/kafka-javascript'
const CONFLUENT_VERSION = '1.10.1'
const COMPILE_MS = 900_000
/** What librdkafka finds on the machine or not, and no test needs: the same library everywhere. */
const CONFIGURE = ['--enable-static', '--disable-ssl', '--disable-gssapi', '--disable-curl', '--disable-syslog', '--disable-lz4-ext', '--disable-debug-symbols']

/** A folder with the package in its node_modules, for this Node. */
function confluentFolder(): Promise<string> {
  return cachedFolder(`confluent-kafka-javascript-${CONFLUENT_VERSION}-${digestOf(process.version, ...CONFIGURE)}`, async draft => {
    writeFileSync(join(draft, 'package.json'), '{ "private": true }\n')
    await install(draft, `${CONFLUENT}@${CONFLUENT_VERSION}`)
    const headers = await nodeHeaders(draft)
    await compile(join(draft, 'node_modules', CONFLUENT), headers, join(draft, 'node_modules', 'nan'))
    rmSync(join(draft, 'headers'), { recursive: true, force: true })
  })
}

async function install(prefix: string, ...packages: string[]): Promise<void> {
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', prefix, ...packages], { timeoutMs: 300_000 })
}

/** The headers of the Node that runs this, out of the package that carries its binary. */
async function nodeHeaders(draft: string): Promise<string> {
  const carrier = `node-${process.platform}-${process.arch}`
  const inside = ['node_modules', carrier, 'include', 'node']
  const installed = join(import.meta.dirname, '..', '..', 'node_modules', 'node', ...inside)
  if (existsSync(installed) && packageVersion('node') === process.versions.node) return installed
  await install(join(draft, 'headers'), `${carrier}@${process.versions.node}`)
  return join(draft, 'headers', ...inside)
}

/** librdkafka first, then the binding to it, as the package's own binding.gyp has it. */
async function compile(source: string, headers: string, nan: string): Promise<void> {
  const timeoutMs = COMPILE_MS
  const librdkafka = join(source, 'deps', 'librdkafka')
  const jobs = availableParallelism()
  await run('./configure', CONFIGURE, { cwd: librdkafka, timeoutMs })
  await run('make', [`-j${jobs}`, 'libs'], { cwd: librdkafka, timeoutMs })
  const [c, cpp] = ['src', 'src-cpp'].map(name => join(librdkafka, name))
  const flags = ['-std=c++20', '-O1', '-w', '-fPIC', '-DNODE_GYP_MODULE_NAME=confluent-kafka-javascript', '-DBUILDING_NODE_EXTENSION',
    ...[headers, nan, source, c, cpp].map(path => `-I${path}`)]
  const files = readdirSync(join(source, 'src')).filter(name => name.endsWith('.cc')).map(name => join(source, 'src', name))
  const objects = files.map(file => join(source, `${basename(file)}.o`))
  const next = files.entries()
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (const [at, file] of next) await run('g++', [...flags, '-c', file, '-o', objects[at] ?? ''], { timeoutMs })
  }))
  const release = join(source, 'build', 'Release')
  await run('mkdir', ['-p', release])
  const archives = [join(cpp ?? '', 'librdkafka++.a'), join(c ?? '', 'librdkafka-static.a')]
  await run('g++', ['-shared', '-o', join(release, 'confluent-kafka-javascript.node'), ...objects, ...archives, '-lzstd', '-lz', '-lm', '-lpthread', '-ldl', '-lrt'])
  for (const path of [...objects, join(source, 'deps')]) rmSync(path, { recursive: true, force: true })
}

const client = (name: string, program: string): MatrixClient => ({
  name, version: packageVersion(name), tools: [], command: async () => [process.execPath, join(folder, program)],
})

const SHOWS_ABORTED = 'its read_committed consumer shows what was aborted'

export const nodeMatrix: readonly MatrixClient[] = [
  client('kafkajs', 'kafkajs.ts'),
  {
    ...client('@platformatic/kafka', 'platformatic.ts'),
    failsWithKafkaToo: {
      'transaction commit and abort': SHOWS_ABORTED,
      'consume-transform-produce': SHOWS_ABORTED,
      'zombie fenced': 'a second producer of a transactional id asks for one with a producer id and epoch that are not its own, and is fenced itself',
    },
  },
  {
    name: CONFLUENT, version: CONFLUENT_VERSION, tools: ['cxx'],
    command: async () => [process.execPath, join(folder, 'confluent.ts'), await confluentFolder()],
  },
]
