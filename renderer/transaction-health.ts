/** Whether an open transaction needs someone, judged from what the contract says of it. Pure. */

import type { TransactionRow } from '../core/studio/contract/transactions.ts'

/** A transaction holds back readers of committed records while it is open: only one that does so for longer is worth a word. */
const HOLDS_BACK_AFTER_MS = 5000
/** The part of its timeout after which it is likely to be aborted. */
const NEAR_TIMEOUT_SHARE = 0.8

type Open = Pick<TransactionRow, 'state' | 'startedAt' | 'timeoutMs' | 'heldBack'>

export function isOpen({ startedAt }: Pick<TransactionRow, 'startedAt'>): boolean {
  return startedAt !== null
}

/** How long it has been open, milliseconds; null when none is. */
export function ageOf({ startedAt }: Pick<TransactionRow, 'startedAt'>, now: number): number | null {
  return startedAt === null ? null : Math.max(0, now - startedAt)
}

/** Its timeout is near, or over: the coordinator is about to abort it. What is being ended already cannot time out. */
export function isNearTimeout(row: Open, now: number): boolean {
  const age = ageOf(row, now)
  return row.state === 'Ongoing' && age !== null && age >= row.timeoutMs * NEAR_TIMEOUT_SHARE
}

/** Readers of committed records have waited for it for more than a moment. */
export function isHoldingBack(row: Open, now: number): boolean {
  return row.heldBack > 0n && (ageOf(row, now) ?? 0) >= HOLDS_BACK_AFTER_MS
}

export function needsSomeone(row: Open, now: number): boolean {
  return isNearTimeout(row, now) || isHoldingBack(row, now)
}
