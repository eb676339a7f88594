/** Apache Kafka's own jars and what we run of them: fetched from Maven Central once, kept in the cache. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder } from './clients-cache.ts'
import { type Ran, run, type RunOptions } from './clients-process.ts'

/** The release that Millrace is measured by and compared with. */
export const KAFKA_VERSION = '4.3.1'

const here = import.meta.dirname
/** For programs that run for a second: the JVM starts about twice as fast. */
export const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']
/** The jars carry no logging back end; these lines would say so at each start. */
const SLF4J_NOISE = /^SLF4J: .*\n/gm

/** A Java class path of the whole of Apache Kafka: broker, tools and client. */
export async function kafkaClassPath(): Promise<string> {
  const folder = await cachedFolder(`kafka-${KAFKA_VERSION}`, async draft => {
    await copyDependencies(join(here, 'kafka-peer', 'pom.xml'), draft)
  })
  return join(folder, '*')
}

/** Copies what a pom depends on into `folder`: from Maven's local repository when all of it is there, else from the network. */
async function copyDependencies(pom: string, folder: string): Promise<void> {
  const args = ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
  await run('mvn', ['-o', ...args], { timeoutMs: 300_000 }).catch(() => run('mvn', args, { timeoutMs: 300_000 }))
  const jars = readdirSync(folder).filter(name => name.endsWith('.jar'))
  if (jars.length === 0) throw new Error(`Maven copied no jar of ${pom} into ${folder}`)
}

/** Runs a Java class to its end. */
export async function runJava(classPath: string, mainClass: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await run('java', [...QUICK_START, '-cp', classPath, mainClass, ...args], options)
  return { ...ran, stderr: ran.stderr.replaceAll(SLF4J_NOISE, '') }
}

/** Kafka's DumpLogSegments over files of one partition; its lines. */
export async function dumpLogSegments(files: readonly string[], ...flags: string[]): Promise<{ readonly lines: string[]; readonly complaints: string }> {
  const ran = await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.DumpLogSegments', ['--files', files.join(','), ...flags], { codes: [0, 1] })
  return { lines: ran.stdout.toString().split('\n').filter(Boolean), complaints: ran.stderr.trim() }
}
