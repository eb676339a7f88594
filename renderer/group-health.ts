/** Whether a group keeps up, judged from what the contract says of it. Pure. */

import type { GroupRow } from '../core/studio/contract/groups.ts'

/** Above this a group is behind and not merely between two commits. */
const BEHIND_SECONDS = 10
/** Three history figures, 10 s apart: unread all that time. */
const UNREAD_FOR = 3

/** Seconds until the lag would be read at the present rate; null when nothing moves or nothing is known. */
export function secondsBehind(group: Pick<GroupRow, 'lag' | 'rate'>): number | null {
  if (group.lag === null) return null
  if (group.lag === 0n) return 0
  return group.rate > 0 ? Number(group.lag) / group.rate : null
}

/** Its lag would take more than 10 s to read, or nothing is read and records have waited for half a minute. */
export function isBehind(group: Pick<GroupRow, 'lag' | 'rate' | 'history'>): boolean {
  if (group.lag === null || group.lag === 0n) return false
  const seconds = secondsBehind(group)
  if (seconds !== null) return seconds > BEHIND_SECONDS
  const recent = group.history.slice(-UNREAD_FOR)
  return recent.length === UNREAD_FOR && recent.every(lag => lag > 0)
}
