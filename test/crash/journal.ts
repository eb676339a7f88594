/** What producers sent and what was acknowledged: the truth that a crash loop holds the broker's partitions against. */

/** The records of one producer in one partition, numbered from 0 in the order they were sent. */
export type Line = {
  readonly id: number
  readonly producer: string
  readonly topic: string
  readonly partition: number
  /** Idempotent: each record is stored once. Else at least once. */
  readonly isOnce: boolean
  /** Records appear in the order of their numbers; false for a plain producer with several requests in flight. */
  readonly isOrdered: boolean
  /** The number of the next record. */
  sent: number
  /** Ranges of numbers whose sending failed for good: they may be stored or not. */
  readonly abandoned: { readonly first: number; readonly count: number }[]
}

export type Acknowledged = { readonly line: Line; readonly first: number; readonly count: number; readonly baseOffset: number }

export class Journal {
  readonly lines: Line[] = []
  /** By `topic partition`. */
  readonly acknowledged = new Map<string, Acknowledged[]>()
  recordsAcknowledged = 0
  /** What is wrong so far, a sentence each. */
  readonly findings: string[] = []
  readonly #watchers = new Set<() => void>()

  line(options: Pick<Line, 'producer' | 'topic' | 'partition' | 'isOnce' | 'isOrdered'>): Line {
    const line = { ...options, id: this.lines.length, sent: 0, abandoned: [] }
    this.lines.push(line)
    return line
  }

  note(acknowledged: Acknowledged): void {
    const key = `${acknowledged.line.topic} ${acknowledged.line.partition}`
    const list = this.acknowledged.get(key) ?? []
    this.acknowledged.set(key, list)
    list.push(acknowledged)
    this.recordsAcknowledged += acknowledged.count
    this.#changed()
  }

  find(finding: string): void {
    this.findings.push(finding)
    this.#changed()
  }

  /** Resolves when so many records are acknowledged in all, or when something was found wrong. */
  whenAcknowledged(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (this.recordsAcknowledged < count && this.findings.length === 0) return
      this.#watchers.delete(look)
      resolve()
    }
    this.#watchers.add(look)
    look()
    return promise
  }

  #changed(): void {
    for (const look of this.#watchers) look()
  }
}

/** `line number filler`, by which a record read back is known. */
export function valueOf(line: Line, number: number, filler: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${line.id} ${number} `), filler])
}

/** Line and number of a value; undefined for one that no producer of ours made. */
export function parseValue(value: Buffer | null): { readonly line: number; readonly number: number } | undefined {
  const match = /^(\d+) (\d+) /.exec(value?.toString('latin1', 0, 32) ?? '')
  return match ? { line: Number(match[1]), number: Number(match[2]) } : undefined
}
