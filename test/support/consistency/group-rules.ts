/** Rules of groups: one owner of a partition at a time, and committed offsets that stay. */

import type { Facts } from './facts.ts'
import type { Commit, Violation } from './history.ts'
import { effective } from './transaction-rules.ts'

type Stretch = { readonly member: string; readonly epoch: number; readonly from: number; readonly to: number; readonly holds: readonly Facts['holds'][number][] }

/**
 * Two members own a partition in one epoch, or at one time. A member certainly owns one from the answer that says so until it asks next,
 * when that is answered likewise: in between the coordinator can have let nobody else in.
 */
export function* twoOwners({ holds }: Facts): Generator<Violation> {
  const stretches = new Map<string, Stretch[]>()
  const before = new Map<string, Facts['holds'][number]>()
  for (const hold of [...holds].sort((a, b) => a.completed - b.completed)) {
    const stay = `${hold.group} ${hold.member} ${hold.stay}`
    const last = before.get(stay)
    before.set(stay, hold)
    for (const line of hold.lines) {
      const key = `${hold.group} ${line}`
      const ofLine = stretches.get(key) ?? []
      stretches.set(key, ofLine)
      const { member, epoch } = hold
      if (last?.lines.includes(line) && last.completed <= hold.invoked) ofLine.push({ member, epoch, from: last.completed, to: hold.invoked, holds: [last, hold] })
      else ofLine.push({ member, epoch, from: hold.completed, to: hold.completed, holds: [hold] })
    }
  }
  for (const [key, ofLine] of stretches) {
    yield* sameEpoch(key, ofLine)
    yield* sameTime(key, ofLine)
  }
}

function* sameEpoch(key: string, stretches: readonly Stretch[]): Generator<Violation> {
  const owners = new Map<number, Stretch>()
  for (const stretch of stretches) {
    const other = owners.get(stretch.epoch)
    owners.set(stretch.epoch, stretch)
    if (other && other.member !== stretch.member) yield { rule: 'two owners', what: `${key} belongs to ${other.member} and ${stretch.member} in epoch ${stretch.epoch}`, operations: [...other.holds, ...stretch.holds] }
  }
}

function* sameTime(key: string, stretches: readonly Stretch[]): Generator<Violation> {
  let widest: Stretch | undefined
  // A point in time says nothing: the answer was made some time before it came.
  for (const stretch of stretches.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)) {
    if (widest && widest.member !== stretch.member && stretch.from < widest.to) yield { rule: 'two owners', what: `${key} belongs to ${widest.member} and ${stretch.member} at one time`, operations: [...widest.holds, ...stretch.holds] }
    if (!widest || stretch.to > widest.to) widest = stretch
  }
}

/** A committed offset is one that was committed, and none that an acknowledged commit had gone past before one looked. Members only go forward. */
export function* committedOffset({ commits, committed, transactions }: Facts): Generator<Violation> {
  const byLine = Map.groupBy(commits, ({ group, line }) => `${group} ${line}`)
  for (const look of committed) {
    const key = `${look.group} ${look.line}`
    const ofLine = byLine.get(key) ?? []
    let highest: Commit | undefined
    for (const commit of ofLine) {
      const isBefore = commit.transaction === undefined ? commit.completed < look.invoked : (effective(transactions.get(commit.transaction))?.from ?? Infinity) < look.invoked
      if (commit.outcome === 'ok' && isBefore && commit.offset > (highest?.offset ?? -1)) highest = commit
    }
    if (highest && look.offset < highest.offset) {
      yield { rule: 'committed offset went back', what: `${key} is at ${look.offset} after ${highest.offset} was committed`, operations: [highest, ...endsOf(highest, transactions), look] }
    }
    if (look.offset < 0) continue
    const may = ofLine.some(commit => commit.offset === look.offset && commit.outcome !== 'fail' && commit.invoked < look.completed && (commit.transaction === undefined || effective(transactions.get(commit.transaction)) !== undefined))
    if (!may) yield { rule: 'committed from nowhere', what: `${key} is at ${look.offset}, which nobody committed`, operations: [...ofLine.filter(({ offset }) => offset === look.offset), look] }
  }
}

function endsOf(commit: Commit, transactions: Facts['transactions']) {
  return commit.transaction === undefined ? [] : transactions.get(commit.transaction)?.ends ?? []
}
