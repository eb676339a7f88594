/** What clients did and saw: operations with the time of their question and of their answer, the words of the consistency checker. */

/** `fail`: it certainly did not happen. `unknown`: nobody can tell; also what a killed client had under way. */
export type Outcome = 'ok' | 'fail' | 'unknown'

type Common = {
  readonly id: string
  readonly client: string
  /** Milliseconds of one clock for all processes of a machine. */
  readonly invoked: number
  /** Infinity when there never was an answer. */
  readonly completed: number
  readonly outcome: Outcome
  readonly error?: string
}

/** A partition of a topic, as `orders-0`. */
export type Line = string

export type Send = Common & {
  readonly is: 'send'
  readonly line: Line
  /** Each used once in a history. */
  readonly values: readonly string[]
  /** One producer id of one client: what it sends to a partition keeps its order. */
  readonly producer: string
  readonly isIdempotent: boolean
  readonly transaction?: string
  /** Per value, the record that it was made of, as `orders-0@17`. */
  readonly sources?: readonly string[]
  /** Of the first value, once it is ok. */
  readonly offset?: number
}

export type Poll = Common & {
  readonly is: 'poll'
  readonly line: Line
  /** A run of polls of one consumer in one partition, each going on where the last one ended. */
  readonly session: string
  readonly isolation: 'committed' | 'uncommitted'
  readonly records?: readonly (readonly [offset: number, value: string])[]
  /** The polls saw everything from here … */
  readonly position?: number
  /** … to before here. */
  readonly next?: number
  readonly highWatermark?: number
  /** The polls of the end, which see everything there is. */
  readonly isFinal?: true
}

/**
 * The coordinator has just said (a heartbeat counts) that a member is in an epoch or generation; `lines` is what it owns. A member that
 * joins again begins a new stay, perhaps in the same epoch: between two stays it may have been out.
 */
export type Hold = Common & { readonly is: 'hold'; readonly group: string; readonly member: string; readonly stay: number; readonly epoch?: number; readonly lines?: readonly Line[] }

export type Commit = Common & { readonly is: 'commit'; readonly group: string; readonly line: Line; readonly offset: number; readonly transaction?: string }

/** A look at a committed offset; -1 when there is none. */
export type Committed = Common & { readonly is: 'committed'; readonly group: string; readonly line: Line; readonly offset?: number }

export type End = Common & { readonly is: 'end'; readonly transaction: string; readonly decision: 'commit' | 'abort' }

export type Operation = Send | Poll | Hold | Commit | Committed | End
type AnyQuestion<O> = O extends Operation ? Omit<O, 'id' | 'client' | 'invoked' | 'completed' | 'outcome' | 'error'> : never
export type Question = AnyQuestion<Operation>
export type Answer = { readonly outcome: Outcome; readonly error?: string; readonly offset?: number; readonly epoch?: number; readonly lines?: readonly Line[] } & Partial<Pick<Poll, 'records' | 'position' | 'next' | 'highWatermark'>>

export type Violation = { readonly rule: string; readonly what: string; readonly operations: readonly Operation[] }

/** Operations by the lines that a recorder wrote: each is asked in one line and answered in another, or never. */
export function operationsIn(lines: Iterable<string>): Operation[] {
  const open = new Map<string, object>()
  const operations: object[] = []
  for (const line of lines) {
    const entry = entryIn(line)
    if (!entry) continue
    if ('answers' in entry) {
      const { answers, ...answer } = entry
      const question = open.get(String(answers))
      if (question) Object.assign(question, answer)
      continue
    }
    const operation = { ...entry, completed: Infinity, outcome: 'unknown' }
    open.set(String(entry['id']), operation)
    operations.push(operation)
  }
  return operations as Operation[]
}

/** undefined for a line that a kill left half written. */
function entryIn(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined
  }
}
