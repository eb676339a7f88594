/** Rules of transactions: read_committed shows none that is not committed, each committed one whole, and each input processed once. */

import type { Facts, Transaction } from './facts.ts'
import type { Line, Violation } from './history.ts'

/** A value polled with read_committed (or at all, of a send that was refused) that must not be seen. */
export function* abortedRead({ polls, senderOf, transactions }: Facts): Generator<Violation> {
  for (const poll of polls) {
    for (const [offset, value] of poll.records) {
      const send = senderOf.get(value)
      if (!send) continue
      const at = `${value} at ${poll.line}@${offset}`
      if (send.outcome === 'fail') yield { rule: 'aborted read', what: `${poll.session} saw ${at}, which was refused (${send.error})`, operations: [send, poll] }
      const transaction = send.transaction === undefined ? undefined : transactions.get(send.transaction)
      if (!transaction || poll.isolation !== 'committed') continue
      const operations = [send, ...transaction.ends, poll]
      if (transaction.fate === 'aborted') {
        const [rule, how] = transaction.ends.length > 0 ? ['aborted read', 'was aborted'] : ['dirty read', 'nobody ever ended']
        yield { rule, what: `${poll.session} saw ${at} with read_committed, of a transaction that ${how}`, operations }
      } else if (poll.completed < transaction.commitAsked) {
        yield { rule: 'precommitted read', what: `${poll.session} saw ${at} with read_committed before anyone asked for the commit of ${transaction.id}`, operations }
      }
    }
  }
}

/** A transaction whose commit may have been done is there whole or not at all. (That a committed one is whole: `lost`.) */
export function* halfTransaction({ transactions, end: { committed } }: Facts): Generator<Violation> {
  for (const transaction of transactions.values()) {
    if (transaction.fate !== 'unknown') continue
    const sent = transaction.sends.flatMap(send => send.values.map((value, index) => ({ send, value, isSeen: send.offset !== undefined && committed.get(send.line)?.get(send.offset + index)?.value === value })))
    const missing = sent.find(({ isSeen }) => !isSeen)
    const there = sent.find(({ isSeen }) => isSeen)
    if (missing && there) {
      yield { rule: 'half transaction', what: `of ${transaction.id} read_committed shows ${there.value} and not ${missing.value}`, operations: [there.send, missing.send, ...transaction.ends] }
    }
  }
}

/** Outputs tell which record they were made of: one output for each record below the group's committed offset, none for those behind it. */
export function* exactlyOnce({ end: { committed }, senderOf, committed: looks, transactions }: Facts, groups: readonly { readonly group: string; readonly topic: string }[]): Generator<Violation> {
  const outputs = new Map<string, string[]>()
  for (const stood of committed.values()) {
    for (const { value } of stood.values()) {
      const send = senderOf.get(value)
      const source = send?.sources?.[send.values.indexOf(value)]
      if (source !== undefined) outputs.set(source, [...(outputs.get(source) ?? []), value])
    }
  }
  const sendsOf = (values: readonly string[]) => values.flatMap(value => {
    const send = senderOf.get(value)
    return send ? [send, ...(transactions.get(send.transaction ?? '')?.ends ?? [])] : []
  })
  for (const { group, topic } of groups) {
    for (const [line, stood] of committed) {
      if (topicOf(line) !== topic) continue
      const look = looks.filter(found => found.group === group && found.line === line).at(-1)
      for (const [offset, { value, poll }] of stood) {
        const made = outputs.get(`${line}@${offset}`) ?? []
        const isDone = offset < (look?.offset ?? -1)
        if (made.length === (isDone ? 1 : 0)) continue
        const where = `${value} at ${line}@${offset}, ${isDone ? 'below' : 'not below'} the committed offset ${look?.offset} of ${group}`
        yield { rule: 'exactly once', what: `${where}, came out ${made.length} times${made.length > 0 ? `: ${made.join(', ')}` : ''}`, operations: [poll, ...(look ? [look] : []), ...sendsOf(made)] }
      }
    }
  }
}

const topicOf = (line: Line): string => line.slice(0, line.lastIndexOf('-'))

/** Offsets of a transaction count from its commit on; undefined for never. */
export function effective(transaction: Transaction | undefined): { readonly from: number; readonly isSure: boolean } | undefined {
  if (!transaction || transaction.fate === 'aborted') return undefined
  const done = transaction.ends.filter(({ decision, outcome }) => decision === 'commit' && outcome === 'ok').map(({ completed }) => completed)
  return { from: Math.min(Infinity, ...done), isSure: transaction.fate === 'committed' }
}
