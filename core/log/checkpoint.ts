/** Kafka's checkpoint files: a version line, a count line, then one line of words separated by blanks per entry. */

const VERSION = '0'

/** In a data folder: what is durable, and where logs start. */
export const RECOVERY_POINTS_FILE = 'recovery-point-offset-checkpoint'
export const START_OFFSETS_FILE = 'log-start-offset-checkpoint'

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
  for (const [topic, partition, offset] of readCheckpoint(content) ?? []) {
    if (!/^\d+$/.test(offset ?? '')) return new Map() // it may be torn
    offsets.set(`${topic}-${partition}`, Number(offset))
  }
  return offsets
}

export function writeOffsetCheckpoint(offsets: ReadonlyMap<string, number>): Buffer {
  return writeCheckpointText([...offsets].map(([name, offset]) => `${name.slice(0, name.lastIndexOf('-'))} ${name.slice(name.lastIndexOf('-') + 1)} ${offset}`))
}
