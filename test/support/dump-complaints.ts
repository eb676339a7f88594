/** What Kafka's DumpLogSegments has to say against the files of partitions. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { dumpLogSegments } from './java.ts'

const COMPLAINTS = /isvalid: false|mismatch|out of order|non-?consecutive|corrupt|exception|error|truncated|invalid/i
/** The tool says this of every file after the first, also of Kafka's own. */
const BETWEEN_FILES = /Non-consecutive offsets in \S*\/0*(\d+)\.log\n\s+-1 is followed by \1(\n|$)/g
/** And this of every compacted log: offsets are missing in it. */
const MISSING_OFFSETS = /Non-consecutive offsets in \S*\.log\n(\s+-?\d+ is followed by \d+(\n|$))+/g

/** Three runs of the tool: segments iterated record by record, indexes held against them, transaction indexes and snapshots read. */
export async function dumpComplaints(folders: readonly string[], o: { readonly isCompacted?: boolean } = {}): Promise<string[]> {
  const paths = (...suffixes: string[]): string[] => folders.flatMap(folder =>
    readdirSync(folder).sort().filter(name => suffixes.some(suffix => name.endsWith(suffix))).map(name => join(folder, name)))
  const complaints: string[] = []
  const dump = async (files: readonly string[], ...flags: string[]): Promise<void> => {
    if (files.length === 0) return
    const found = await dumpLogSegments(files, ...flags)
    const said = found.complaints.replace(o.isCompacted ? MISSING_OFFSETS : BETWEEN_FILES, '')
    if (said !== '') complaints.push(said)
    complaints.push(...found.lines.filter(line => COMPLAINTS.test(line)))
  }
  await dump(paths('.log'), '--deep-iteration')
  await dump([...paths('.index'), ...paths('.timeindex')], '--verify-index-only')
  await dump(paths('.txnindex', '.snapshot'))
  return complaints
}
