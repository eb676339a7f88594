/**
 * A checker of recorded histories after the rules of Jepsen's Kafka workload: nothing acknowledged is lost, doubled, reordered or skipped,
 * nothing aborted is seen, transactions are whole, a partition has one owner in a group. A rule names the operations that show its breach.
 */

import { type Facts, factsOf } from './facts.ts'
import { committedOffset, twoOwners } from './group-rules.ts'
import type { Operation, Violation } from './history.ts'
import { duplicate, fromNowhere, inconsistentOffset, lost, nonmonotonicPoll, pollSkip, reorderedSend, staleHighWatermark } from './record-rules.ts'
import { abortedRead, exactlyOnce, halfTransaction } from './transaction-rules.ts'

export type CheckOptions = {
  /** Groups that make outputs of a topic in transactions, each record once. */
  readonly exactlyOnce?: readonly { readonly group: string; readonly topic: string }[]
}

/** Of a broken history one rule may speak thousands of times. */
const SHOWN_A_RULE = 20

const rules: readonly ((facts: Facts) => Iterable<Violation>)[] = [
  inconsistentOffset, duplicate, fromNowhere, lost, reorderedSend, nonmonotonicPoll, pollSkip, staleHighWatermark, abortedRead, halfTransaction, twoOwners, committedOffset,
]

export function check(operations: readonly Operation[], options: CheckOptions = {}): Violation[] {
  const facts = factsOf(operations)
  return [...rules, (all: Facts) => exactlyOnce(all, options.exactlyOnce ?? [])].flatMap(rule => firstOf(rule(facts)))
}

function firstOf(violations: Iterable<Violation>): Violation[] {
  const found: Violation[] = []
  for (const violation of violations) if (found.push(violation) === SHOWN_A_RULE) break
  return found
}
