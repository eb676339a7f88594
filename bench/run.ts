/** `npm run bench`: measures, prints a row for each broker and bench, and keeps the numbers in bench/results. */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Measurement, reportLines, writeBaseline, writeResults } from './report.ts'
import { measureCompaction } from './compaction.ts'
import { measureGroups, measureListing, measureMetadata, measureTransactions, measureWaiting } from './coordination.ts'
import { measureAppend, measurePartitions, measureRestart, measureSustained, measureWriteCalls } from './storage.ts'
import { kafkaTarget, millraceTarget, type Target } from './targets.ts'
import {
  consumeInGroup, measureIdleMemory, measureStart, measureThroughput,
  produceDurable, produceIdempotent, produceLargeBatches, produceReplayed, produceSmallBatches, type Scale,
} from './workloads.ts'

const usage = `npm run bench -- [options]
  --peer kafka        measure Apache Kafka 4.3.1 too, in turn with Millrace, and print ratios
  --only NAME,NAME    of start, idle, produce, large, idempotent, replay, consume (all of these unless told),
                      durable, append, restart, partitions, compaction, sustained, writes (the storage of the log; minutes, and 30 GB of disk),
                      groups, listing, transactions, waiting, metadata (coordination)
  --quick             a tenth of the records, once
  --records N         records of one run (5,000,000)
  --repetitions N     runs after the warm-up (3)
  --pinned            brokers on the first processor only: taskset -c 0
  --cpu-prof DIR      a processor profile of Millrace's main thread in DIR, written when it stops
  --write-baseline    keep the results as bench/baseline.json
  --without millrace  measure the peer alone
`

const benches: Readonly<Record<string, (targets: readonly Target[], scale: Scale) => Promise<Measurement[]>>> = {
  start: measureStart,
  idle: measureIdleMemory,
  produce: (targets, scale) => measureThroughput(targets, produceSmallBatches, scale),
  large: (targets, scale) => measureThroughput(targets, produceLargeBatches, scale),
  idempotent: (targets, scale) => measureThroughput(targets, produceIdempotent, scale),
  replay: (targets, scale) => measureThroughput(targets, produceReplayed, scale),
  consume: (targets, scale) => measureThroughput(targets, consumeInGroup, scale),
  durable: (targets, scale) => measureThroughput(targets, produceDurable, { ...scale, records: scale.records / 5, warmUpRecords: scale.warmUpRecords / 5 }),
  append: measureAppend,
  restart: measureRestart,
  partitions: measurePartitions,
  compaction: measureCompaction,
  sustained: measureSustained,
  writes: measureWriteCalls,
  groups: measureGroups,
  listing: measureListing,
  transactions: measureTransactions,
  waiting: measureWaiting,
  metadata: measureMetadata,
}
const byDefault = 'start,idle,produce,large,idempotent,replay,consume'

const { values: options } = parseArgs({
  options: {
    peer: { type: 'string' },
    only: { type: 'string', default: byDefault },
    quick: { type: 'boolean', default: false },
    records: { type: 'string' },
    repetitions: { type: 'string' },
    pinned: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
    'write-baseline': { type: 'boolean', default: false },
    without: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) process.stdout.write(usage)
else await measureAll()

async function measureAll(): Promise<void> {
  const targets = chosenTargets()
  const scale = chosenScale()
  for (const target of targets) await target.prepare()
  const results: Measurement[][] = []
  for (const name of options.only.split(',')) {
    const bench = benches[name]
    if (!bench) throw new Error(`there is no bench ${name}\n${usage}`)
    const measured = await bench(targets, scale)
    results.push(measured)
    process.stdout.write(`${reportLines(measured).join('\n')}\n`)
  }
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
  writeResults(join(import.meta.dirname, 'results', `${stamp}.json`), { options, scale, results })
  if (options['write-baseline']) writeBaseline(results)
}

function chosenTargets(): Target[] {
  if (options.peer !== undefined && options.peer !== 'kafka') throw new Error(`--peer ${options.peer}: the one peer is kafka`)
  const prefix = options.pinned ? ['taskset', '-c', '0'] : []
  const profile = options['cpu-prof']
  const millrace = millraceTarget({ prefix, nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`] })
  return [...(options.without === 'millrace' ? [] : [millrace]), ...(options.peer === 'kafka' ? [kafkaTarget({ prefix })] : [])]
}

function chosenScale(): Scale {
  const records = Number(options.records ?? (options.quick ? 500_000 : 5_000_000))
  return {
    records,
    warmUpRecords: Math.ceil(records / 5),
    repetitions: Number(options.repetitions ?? (options.quick ? 1 : 3)),
    starts: options.quick ? 3 : 10,
    idleMs: 5000,
    restartBytes: options.quick ? 1e9 : 8e9,
    storedBytes: options.quick ? 2e9 : 20e9,
    compactedBytes: options.quick ? 0.5e9 : 4e9,
  }
}
