/** A history put in order for the rules: who sent a value, what became of each transaction, what stands in each partition at the end. */

import type { Commit, Committed, End, Hold, Line, Operation, Poll, Send } from './history.ts'

export type Fate = 'committed' | 'aborted' | 'unknown'
export type Transaction = {
  readonly id: string
  readonly sends: Send[]
  readonly commits: Commit[]
  readonly ends: End[]
  fate: Fate
  /** When its commit was first asked for; Infinity when never. */
  commitAsked: number
}
type Ok<O extends Operation, K extends keyof O> = O & { readonly [P in K]-?: Exclude<O[P], undefined> }
export type OkSend = Ok<Send, 'offset'>
export type OkPoll = Ok<Poll, 'records' | 'position' | 'next'>
export type Stood = { readonly value: string; readonly poll: Poll }

export type Facts = {
  readonly operations: readonly Operation[]
  readonly sends: readonly Send[]
  readonly okSends: readonly OkSend[]
  /** The send of each value. */
  readonly senderOf: ReadonlyMap<string, Send>
  readonly polls: readonly OkPoll[]
  readonly holds: readonly Ok<Hold, 'epoch' | 'lines'>[]
  readonly commits: readonly Commit[]
  readonly committed: readonly Ok<Committed, 'offset'>[]
  readonly transactions: ReadonlyMap<string, Transaction>
  /** What the final polls saw, by partition and offset; one view for each isolation. */
  readonly end: Readonly<Record<Poll['isolation'], ReadonlyMap<Line, ReadonlyMap<number, Stood>>>>
}

export function factsOf(operations: readonly Operation[]): Facts {
  const of = <K extends Operation['is']>(is: K): Extract<Operation, { is: K }>[] => operations.filter((operation): operation is Extract<Operation, { is: K }> => operation.is === is)
  const sends = of('send')
  const polls = of('poll').filter((poll): poll is OkPoll => poll.outcome === 'ok' && poll.records !== undefined)
  return {
    operations,
    sends,
    okSends: sends.filter((send): send is OkSend => send.outcome === 'ok' && send.offset !== undefined),
    senderOf: new Map(sends.flatMap(send => send.values.map(value => [value, send] as const))),
    polls,
    holds: of('hold').filter((hold): hold is Ok<Hold, 'epoch' | 'lines'> => hold.outcome === 'ok' && hold.lines !== undefined && hold.epoch !== undefined),
    commits: of('commit'),
    committed: of('committed').filter((look): look is Ok<Committed, 'offset'> => look.outcome === 'ok' && look.offset !== undefined),
    transactions: transactionsOf(sends, of('commit'), of('end')),
    end: { committed: viewOf(polls, 'committed'), uncommitted: viewOf(polls, 'uncommitted') },
  }
}

function viewOf(polls: readonly OkPoll[], isolation: Poll['isolation']): Map<Line, Map<number, Stood>> {
  const view = new Map<Line, Map<number, Stood>>()
  for (const poll of polls) {
    if (!poll.isFinal || poll.isolation !== isolation) continue
    const stood = view.get(poll.line) ?? new Map<number, Stood>()
    view.set(poll.line, stood)
    for (const [offset, value] of poll.records) stood.set(offset, { value, poll })
  }
  return view
}

function transactionsOf(sends: readonly Send[], commits: readonly Commit[], ends: readonly End[]): Map<string, Transaction> {
  const found = new Map<string, Transaction>()
  const of = (id: string): Transaction => {
    const known = found.get(id)
    if (known) return known
    const made: Transaction = { id, sends: [], commits: [], ends: [], fate: 'aborted', commitAsked: Infinity }
    found.set(id, made)
    return made
  }
  for (const send of sends) if (send.transaction !== undefined) of(send.transaction).sends.push(send)
  for (const commit of commits) if (commit.transaction !== undefined) of(commit.transaction).commits.push(commit)
  for (const end of ends) of(end.transaction).ends.push(end)
  for (const transaction of found.values()) {
    const asked = transaction.ends.filter(({ decision }) => decision === 'commit')
    // Nobody asked for its commit, or each time certainly in vain: it can only be aborted, if need be by its timeout.
    if (asked.some(({ outcome }) => outcome === 'ok')) transaction.fate = 'committed'
    else if (asked.some(({ outcome }) => outcome === 'unknown')) transaction.fate = transaction.ends.some(({ decision, outcome }) => decision === 'abort' && outcome === 'ok') ? 'aborted' : 'unknown'
    transaction.commitAsked = Math.min(Infinity, ...asked.map(({ invoked }) => invoked))
  }
  return found
}

/** Whether read_committed must show what a send wrote. */
export function mustBeVisible(send: Send, { transactions }: Facts): boolean {
  return send.transaction === undefined || transactions.get(send.transaction)?.fate === 'committed'
}
