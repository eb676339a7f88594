/** Apache Kafka's Java client as a driver: a command line compiled from test/clients/java once, one JVM a call. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import { lineDriver } from './clients-lines.ts'
import { run, RunningProcess } from './clients-process.ts'
import { KAFKA_VERSION, QUICK_START } from './java.ts'

const module = join(import.meta.dirname, '..', 'clients', 'java')
const code = join(module, 'src', 'main', 'java')
const sources = [join(module, 'pom.xml'), ...readdirSync(code, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.java')).sort().map(name => join(code, name))]
const mainClass = 'millrace.JavaClient'

/** The class path of the compiled command line and the client's jars. */
export async function javaClientClassPath(): Promise<string> {
  const digest = digestOf(...sources.map(file => readFileSync(file)))
  const folder = await cachedFolder(`java-client-${digest}`, async draft => {
    const goals = ['compile', 'dependency:copy-dependencies']
    const args = ['-B', '-q', '-f', join(module, 'pom.xml'), ...goals, `-DbuildFolder=${draft}`, `-DoutputDirectory=${join(draft, 'jars')}`]
    await run('mvn', ['-o', ...args], { timeoutMs: 300_000 }).catch(() => run('mvn', args, { timeoutMs: 300_000 }))
  })
  return `${join(folder, 'classes')}:${join(folder, 'jars', '*')}`
}

/** A producer of `count` numbered records with the client's defaults, printing `acked NUMBER OFFSET` for each; then `done`. */
export async function startJavaProducer(address: string, topic: string, count: number): Promise<RunningProcess> {
  return new RunningProcess('java', ['-XX:+UseSerialGC', '-cp', await javaClientClassPath(), mainClass, address, 'produce-acked', topic, String(count)])
}

/** Runs the commands that are not every driver's: `transact`, `committed`; its lines. */
export function runJavaClient(address: string, ...args: readonly string[]): Promise<string[]> {
  return runJava(mainClass, address, ...args)
}

/** Runs a command of JavaTransactions: `write`, `process`, `zombie`; its lines. */
export function runJavaTransactions(address: string, ...args: readonly string[]): Promise<string[]> {
  return runJava('millrace.JavaTransactions', address, ...args)
}

/** The same, while it runs. */
export async function startJavaTransactions(address: string, ...args: readonly string[]): Promise<RunningProcess> {
  return new RunningProcess('java', ['-XX:+UseSerialGC', '-cp', await javaClientClassPath(), 'millrace.JavaTransactions', address, ...args])
}

async function runJava(main: string, ...args: readonly string[]): Promise<string[]> {
  const ran = await run('java', [...QUICK_START, '-cp', await javaClientClassPath(), main, ...args])
  return ran.stdout.toString().split('\n').filter(Boolean)
}

export const javaDriver = lineDriver({
  name: `Java client ${KAFKA_VERSION}`,
  command: async () => ['java', ...QUICK_START, '-cp', await javaClientClassPath(), mainClass],
})

/** A member of a group of the consumer protocol: prints its assignments and records, obeys `subscribe`, `commit` and `close` (GroupMember.java). */
export async function startJavaMember(address: string, group: string, subscription: string, ...settings: readonly string[]): Promise<RunningProcess> {
  const args = [...QUICK_START, '-cp', await javaClientClassPath(), 'millrace.GroupMember', address, group, subscription, ...settings]
  return new RunningProcess('java', args, { hasInput: true })
}
