/** Apache Kafka's Java client as a driver: a command line compiled from test/clients/java once, one JVM a call. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import type { ClientDriver, GroupReading, GroupSeen } from './clients-driver.ts'
import { run, RunningProcess } from './clients-process.ts'
import { codecs, fromLines, type ReadRecord, toLines } from './clients-records.ts'
import { KAFKA_VERSION, runJava } from './java.ts'

const module = join(import.meta.dirname, '..', 'clients', 'java')
const sources = [join(module, 'pom.xml'), join(module, 'src', 'main', 'java', 'millrace', 'JavaClient.java')]
const mainClass = 'millrace.JavaClient'

/** The class path of the compiled command line and the client's jars. */
async function classPath(): Promise<string> {
  const digest = digestOf(...sources.map(file => readFileSync(file)))
  const folder = await cachedFolder(`java-client-${digest}`, async draft => {
    const goals = ['compile', 'dependency:copy-dependencies']
    const args = ['-B', '-q', '-f', join(module, 'pom.xml'), ...goals, `-DbuildFolder=${draft}`, `-DoutputDirectory=${join(draft, 'jars')}`]
    await run('mvn', ['-o', ...args], { timeoutMs: 300_000 }).catch(() => run('mvn', args, { timeoutMs: 300_000 }))
  })
  return `${join(folder, 'classes')}:${join(folder, 'jars', '*')}`
}

async function client(address: string, args: readonly (string | number)[], input?: string): Promise<string> {
  const ran = await runJava(await classPath(), mainClass, [address, ...args.map(String)], input === undefined ? {} : { input })
  return ran.stdout.toString()
}

/** A producer of `count` numbered records with the client's defaults, printing `acked NUMBER OFFSET` for each; then `done`. */
export async function startJavaProducer(address: string, topic: string, count: number): Promise<RunningProcess> {
  return new RunningProcess('java', ['-XX:+UseSerialGC', '-cp', await classPath(), mainClass, address, 'produce-acked', topic, String(count)])
}

async function readInGroup({ address, topic, group, count }: GroupReading): Promise<{ records: ReadRecord[]; seen: GroupSeen }> {
  const output = await client(address, ['group', topic, group, count])
  const [, state = '', memberCount] = /^group (\w+) (\d+)$/m.exec(output) ?? []
  return { records: fromLines(output), seen: { state, memberCount: Number(memberCount) } }
}

async function readAt(address: string, topic: string, partition: number, timestamp: number): Promise<ReadRecord> {
  const [record] = fromLines(await client(address, ['at', topic, partition, timestamp]))
  if (!record) throw new Error('the Java client read nothing')
  return record
}

export const javaDriver: ClientDriver = {
  name: `Java client ${KAFKA_VERSION}`,
  limits: {},
  codecs,
  produce: async (address, topic, records, codec = 'none') => void (await client(address, ['produce', topic, codec], toLines(records))),
  readInGroup,
  readAt,
  lookUpMissing: (address, topic) => client(address, ['missing', topic]),
  admin: {
    create: async (address, topic, partitionCount) => void (await client(address, ['create', topic, partitionCount])),
    list: async address => (await client(address, ['list'])).split('\n').filter(Boolean),
    delete: async (address, topic) => void (await client(address, ['delete', topic])),
  },
}
