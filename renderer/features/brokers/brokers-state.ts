/** What the Brokers screen computes: who is up, and what a stop would cost. Pure. */

import type { BrokerRow } from '../../../core/studio/contract/brokers.ts'
import { plural } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'

/** The answer in one line. */
export function headline(brokers: readonly BrokerRow[]): string {
  const down = brokers.filter(({ isUp }) => !isUp)
  if (down.length === 0) return brokers.length === 1 ? 'The only one is up' : `All ${brokers.length} are up`
  return `${brokers.length - down.length} of ${brokers.length} are up`
}

/** `broker 2 is down: 98 partitions wait for it`; null when all are up. */
export function trouble(brokers: readonly BrokerRow[]): string | null {
  const down = brokers.filter(({ isUp }) => !isUp)
  if (down.length === 0) return null
  const names = listNames(down.map(({ id }) => String(id)))
  const who = down.length === 1 ? `broker ${names} is down` : `brokers ${names} are down`
  const leaderless = Math.max(...down.map(({ offlineCount }) => offlineCount))
  return leaderless > 0 ? `${who}: ${plural(leaderless, 'partition')} ${leaderless === 1 ? 'has' : 'have'} no leader` : who
}

/** What happens when a broker goes down, as sentences. */
export function consequences({ connectionCount, leaderCount, soleCount, groupCount, transactionalIdCount, id }: BrokerRow): readonly string[] {
  const moved = leaderCount - soleCount
  const coordinated = [
    ...(groupCount > 0 ? [plural(groupCount, 'group')] : []),
    ...(transactionalIdCount > 0 ? [plural(transactionalIdCount, 'transactional id')] : []),
  ]
  return [
    connectionCount > 0 ? `${plural(connectionCount, 'connection')} to it ${connectionCount === 1 ? 'ends' : 'end'}; clients find the others by themselves.` : 'Nobody is connected to it.',
    moved > 0 ? `${plural(moved, 'partition')} it leads ${moved === 1 ? 'goes' : 'go'} to another broker in sync, with a higher leader epoch.` : 'It leads nothing that another could lead.',
    ...(coordinated.length > 0 ? [`Another coordinates its ${coordinated.join(' and ')}.`] : []),
    ...(soleCount > 0 ? [`${plural(soleCount, 'partition')} only it holds in sync ${soleCount === 1 ? 'has' : 'have'} no leader until it is back.`] : []),
    `No record is lost: all brokers share one store. Broker ${id} starts again at the same ports.`,
  ]
}
