/** Results as rows for people and as a file for comparison: medians, spreads, ratios to the peer and to the baseline. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** One measured figure of one broker. */
export type Measurement = {
  readonly bench: string
  readonly target: string
  readonly targetVersion: string
  /** Name and version of what drove it. */
  readonly client: string
  /** What `values` count. */
  readonly unit: 'ms' | 'MiB' | 'MB/s' | 'records/s' | 'times' | '% of a core'
  readonly isSmallerBetter: boolean
  /** One a repetition. */
  readonly values: readonly number[]
  /** Bytes of a record's payload: gives MiB/s. */
  readonly recordBytes?: number
  /** Processor seconds of the broker per million records, one a repetition. */
  readonly cpuSeconds?: readonly number[]
  readonly peakResidentBytes?: number
}

export type Baseline = Readonly<Record<string, { readonly median: number; readonly ratioToKafka?: number }>>

const baselineFile = join(import.meta.dirname, 'baseline.json')
const MIB = 1024 * 1024

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The lines of what was measured: for each bench a row for each broker, then the ratio of the first to the second. */
export function reportLines(measurements: readonly Measurement[]): string[] {
  const benches = new Set(measurements.map(({ bench }) => bench))
  return [...benches].flatMap(bench => linesOf(measurements.filter(each => each.bench === bench)))
}

function linesOf(measurements: readonly Measurement[]): string[] {
  const [first, second] = measurements
  if (!first) return []
  const rows = measurements.map(rowOf)
  const ratio = second && ratioOf(first, second)
  const lines = [`${first.bench}  (${first.client}; median of ${first.values.length})`, ...rows.map(row => `  ${row}`)]
  if (second && ratio !== undefined) lines.push(`  ${first.target} is ${ratioText(ratio)} ${second.target}`)
  const before = readBaseline()[first.bench]
  if (before) lines.push(`  baseline: ${figure(before.median)} ${first.unit}${before.ratioToKafka === undefined ? '' : `, ${before.ratioToKafka.toFixed(2)} of Apache Kafka's`}`)
  return [...lines, '']
}

function rowOf(measurement: Measurement): string {
  const { target, targetVersion, values, unit, recordBytes, cpuSeconds, peakResidentBytes } = measurement
  const middle = median(values)
  const cells = [
    `${target} ${targetVersion}`.padEnd(20),
    `${figure(middle)} ${unit}`.padStart(20),
    `(${figure(Math.min(...values))} to ${figure(Math.max(...values))})`.padEnd(28),
  ]
  if (recordBytes !== undefined) cells.push(`${((middle * recordBytes) / MIB).toFixed(1)} MiB/s`.padStart(12))
  if (cpuSeconds) cells.push(`broker CPU ${median(cpuSeconds).toFixed(2)} s per million records`)
  if (peakResidentBytes !== undefined) cells.push(`peak RSS ${Math.round(peakResidentBytes / MIB)} MiB`)
  return cells.join(' ').trimEnd()
}

/** How many times as good the first is: above 1 it is ahead. */
export function ratioOf(first: Measurement, second: Measurement): number {
  const [mine, theirs] = [median(first.values), median(second.values)]
  return first.isSmallerBetter ? theirs / mine : mine / theirs
}

function ratioText(ratio: number): string {
  return `${ratio.toFixed(2)} times as good as`
}

function figure(value: number): string {
  return Math.round(value * 10) / 10 >= 1000 ? Math.round(value).toLocaleString('en-US') : (Math.round(value * 10) / 10).toString()
}

function readBaseline(): Baseline {
  return existsSync(baselineFile) ? (JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline) : {}
}

/** Keeps these results as what later runs are compared with. */
export function writeBaseline(results: readonly (readonly Measurement[])[]): void {
  const entries = results.flatMap(measured => [...new Set(measured.map(({ bench }) => bench))].map(bench => measured.filter(each => each.bench === bench))).flatMap(([first, second]) => {
    if (!first) return []
    const ratioToKafka = second && Math.round(ratioOf(first, second) * 100) / 100
    return [[first.bench, { median: Math.round(median(first.values) * 10) / 10, ...(ratioToKafka !== undefined && { ratioToKafka }) }]]
  })
  writeFileSync(baselineFile, `${JSON.stringify({ ...readBaseline(), ...Object.fromEntries(entries) }, null, 2)}\n`)
}

export function writeResults(file: string, results: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}
