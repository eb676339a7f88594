/** Kafka's checkpoint files: a version line, a count line, then one line of words separated by blanks per entry. */

const VERSION = '0'

/** The words of each entry; undefined when there is no file or it is not a whole checkpoint: the caller then takes the safe default. */
export function readCheckpoint(content: Buffer | undefined): string[][] | undefined {
  if (!content) return undefined
  const [version, count, ...lines] = content.toString('utf8').split('\n')
  if (version?.trim() !== VERSION) return undefined
  const rows = lines.map(line => line.trim()).filter(line => line !== '').map(line => line.split(/\s+/))
  return rows.length === Number(count) ? rows : undefined
}

export function writeCheckpointText(lines: readonly string[]): Buffer {
  return Buffer.from([VERSION, lines.length, ...lines, ''].join('\n'))
}

/** Offsets by partition, in a data folder: `<topic> <partition> <offset>`. Key: `topic-partition`. */
export function readOffsetCheckpoint(content: Buffer | undefined): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const [topic, partition, offset] of readCheckpoint(content) ?? []) offsets.set(`${topic}-${partition}`, Number(offset))
  return offsets
}

export function writeOffsetCheckpoint(rows: readonly { topic: string; partition: number; offset: number }[]): Buffer {
  return writeCheckpointText(rows.map(row => `${row.topic} ${row.partition} ${row.offset}`))
}
