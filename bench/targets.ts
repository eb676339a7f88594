/** The brokers that are measured: Millrace's bundle, and with --peer kafka Apache Kafka. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceProcess } from '../test/support/broker-process.ts'
import { run } from '../test/support/clients-process.ts'
import type { TestBroker } from '../test/support/clients-target.ts'
import { packageVersion } from '../test/support/clients-tools.ts'
import { KAFKA_VERSION, kafkaClassPath } from '../test/support/java.ts'
import { KafkaPeer } from '../test/support/kafka-peer.ts'

export type Target = {
  readonly name: string
  readonly version: string
  /** Makes what the first start needs: a build, a download. */
  prepare(): Promise<void>
  /** A broker on `dataFolder` with these broker configs, ready to be started; the folder stays from one to the next. */
  make(dataFolder: string, configs?: Readonly<Record<string, string>>): Promise<TestBroker>
}

export type TargetOptions = {
  /** Arguments of Node: `--cpu-prof`. */
  readonly nodeArgs?: readonly string[]
  /** Prepended to the command of every broker: `taskset -c 0`. */
  readonly prefix?: readonly string[]
}

export function millraceTarget({ nodeArgs = [], prefix = [] }: TargetOptions): Target {
  return {
    name: 'Millrace',
    version: packageVersion(),
    prepare: async () => void (await run(process.execPath, [join(import.meta.dirname, '..', 'build', 'build.mjs')], { timeoutMs: 300_000 })),
    make: async (dataFolder, configs = {}) => {
      const args = Object.entries(configs).flatMap(([name, value]) => ['--config', `${name}=${value}`])
      return new MillraceProcess({ dataFolder, nodeArgs, prefix, args })
    },
  }
}

export function kafkaTarget({ prefix = [] }: TargetOptions): Target {
  return {
    name: 'Apache Kafka',
    version: KAFKA_VERSION,
    prepare: async () => void (await kafkaClassPath()),
    make: (dataFolder, properties = {}) => KafkaPeer.format({ dataFolder, prefix, properties }),
  }
}

/** An empty folder for a broker's data. */
export function newDataFolder(target: Target): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `bench-${target.name.replaceAll(' ', '-').toLowerCase()}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
