/** Rules of records: each acknowledged one is there once, at its offset, in its order, and polls show what stands there. */

import { type Facts, mustBeVisible, type OkPoll } from './facts.ts'
import type { Operation, Violation } from './history.ts'

/** Two values at one offset, by whoever sent or saw them. */
export function* inconsistentOffset({ okSends, polls }: Facts): Generator<Violation> {
  const seen = new Map<string, { value: string; by: Operation }>()
  const claims = function* (): Generator<{ at: string; value: string; by: Operation }> {
    for (const send of okSends) for (const [index, value] of send.values.entries()) yield { at: `${send.line}@${send.offset + index}`, value, by: send }
    for (const poll of polls) for (const [offset, value] of poll.records) yield { at: `${poll.line}@${offset}`, value, by: poll }
  }
  for (const { at, value, by } of claims()) {
    const first = seen.get(at)
    if (!first) seen.set(at, { value, by })
    else if (first.value !== value) yield { rule: 'inconsistent offset', what: `${at} is ${first.value} and ${value}`, operations: [first.by, by] }
  }
}

/** One value at two places, which an idempotent producer never makes. */
export function* duplicate({ polls, senderOf }: Facts): Generator<Violation> {
  const seen = new Map<string, { at: string; by: Operation }>()
  for (const poll of polls) {
    for (const [offset, value] of poll.records) {
      const at = `${poll.line}@${offset}`
      const first = seen.get(value)
      if (!first) {
        seen.set(value, { at, by: poll })
        continue
      }
      const sender = senderOf.get(value)
      if (first.at !== at && sender?.isIdempotent !== false) yield { rule: 'duplicate', what: `${value} stands at ${first.at} and at ${at}`, operations: [...(sender ? [sender] : []), first.by, poll] }
    }
  }
}

/** Nobody sent it, or not to there. */
export function* fromNowhere({ polls, senderOf }: Facts): Generator<Violation> {
  for (const poll of polls) {
    for (const [offset, value] of poll.records) {
      const sender = senderOf.get(value)
      if (sender?.line === poll.line) continue
      yield { rule: 'from nowhere', what: `${value} is at ${poll.line}@${offset} and was ${sender ? `sent to ${sender.line}` : 'never sent'}`, operations: [...(sender ? [sender] : []), poll] }
    }
  }
}

/** Acknowledged or seen, and not there at the end: lost where the end goes on behind it, unseen where it does not come so far. */
export function* lost(facts: Facts): Generator<Violation> {
  const { okSends, polls, end: { committed, uncommitted } } = facts
  const missing = function* (line: string, offset: number, value: string, by: Operation, isForCommitted: boolean): Generator<Violation> {
    for (const [name, view] of [['read_uncommitted', uncommitted], ...(isForCommitted ? [['read_committed', committed] as const] : [])] as const) {
      const stood = view.get(line)
      if (stood?.get(offset)?.value === value) continue
      const later = [...(stood ?? [])].find(([at]) => at > offset)
      const how = by.is === 'send' ? 'was acknowledged' : 'was seen'
      yield later
        ? { rule: 'lost write', what: `${value} ${how} at ${line}@${offset}; at the end ${name} shows ${later[1].value} at ${later[0]}, and not this`, operations: [by, later[1].poll] }
        : { rule: 'unseen', what: `${value} ${how} at ${line}@${offset}, and ${name} does not come so far at the end`, operations: [by] }
    }
  }
  for (const send of okSends) {
    const isVisible = mustBeVisible(send, facts)
    for (const [index, value] of send.values.entries()) yield* missing(send.line, send.offset + index, value, send, isVisible)
  }
  for (const poll of polls) if (!poll.isFinal) for (const [offset, value] of poll.records) yield* missing(poll.line, offset, value, poll, poll.isolation === 'committed')
}

/** What one producer sent to a partition one after the other stands there in that order. */
export function* reorderedSend({ okSends }: Facts): Generator<Violation> {
  const last = new Map<string, (typeof okSends)[number]>()
  for (const send of [...okSends].sort((a, b) => a.invoked - b.invoked)) {
    const key = `${send.producer} ${send.line}`
    const before = last.get(key)
    if (before && before.offset + before.values.length > send.offset) {
      yield { rule: 'reordered send', what: `${send.producer} sent ${before.values[0]} to ${send.line} first, at ${before.offset}, then ${send.values[0]}, at ${send.offset}`, operations: [before, send] }
    }
    last.set(key, send)
  }
}

/** A run of polls of one consumer goes forward, within a poll and from one to the next. */
export function* nonmonotonicPoll({ polls }: Facts): Generator<Violation> {
  const last = new Map<string, { offset: number; poll: OkPoll }>()
  for (const poll of polls) {
    const key = `${poll.session} ${poll.line}`
    for (const [offset, value] of poll.records) {
      const before = last.get(key)
      if (before && before.offset >= offset) {
        yield { rule: 'nonmonotonic poll', what: `${poll.session} saw ${value} at ${poll.line}@${offset} after ${before.offset}`, operations: before.poll === poll ? [poll] : [before.poll, poll] }
      }
      last.set(key, { offset, poll })
    }
  }
}

/** Between where a poll began and where it ended nothing is missing that is there at the end. */
export function* pollSkip({ polls, end }: Facts): Generator<Violation> {
  const offsets = new Map<unknown, readonly number[]>()
  for (const poll of polls) {
    const view = end[poll.isolation].get(poll.line)
    if (poll.isFinal || !view) continue
    const stood = offsets.get(view) ?? [...view.keys()].sort((a, b) => a - b)
    offsets.set(view, stood)
    const seen = new Set(poll.records.map(([offset]) => offset))
    for (let at = firstNotBelow(stood, poll.position); at < stood.length; at++) {
      const offset = stood[at] ?? Infinity
      if (offset >= poll.next) break
      const skipped = view.get(offset)
      if (!seen.has(offset) && skipped) yield { rule: 'poll skip', what: `${poll.session} went from ${poll.position} to ${poll.next} in ${poll.line} past ${skipped.value} at ${offset}`, operations: [poll, skipped.poll] }
    }
  }
}

/** Acknowledged with acks=all is below the high watermark for everyone who asks afterwards. */
export function* staleHighWatermark({ okSends, polls }: Facts): Generator<Violation> {
  const byLine = Map.groupBy(okSends, ({ line }) => line)
  for (const sends of byLine.values()) sends.sort((a, b) => a.completed - b.completed)
  const looks = Map.groupBy(polls.filter(({ highWatermark }) => highWatermark !== undefined), ({ line }) => line)
  for (const [line, ofLine] of looks) {
    const sends = byLine.get(line) ?? []
    let [at, highest] = [0, sends[0]]
    for (const poll of ofLine.sort((a, b) => a.invoked - b.invoked)) {
      for (let send = sends[at]; send && send.completed < poll.invoked; send = sends[++at]) if (!highest || send.offset >= highest.offset) highest = send
      if (at > 0 && highest && (poll.highWatermark ?? 0) < highest.offset + highest.values.length) {
        yield { rule: 'stale high watermark', what: `${line} ended at ${poll.highWatermark} for ${poll.session}, after ${highest.values.at(-1)} was acknowledged at ${highest.offset + highest.values.length - 1}`, operations: [highest, poll] }
      }
    }
  }
}

function firstNotBelow(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
