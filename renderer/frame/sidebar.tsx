/** The sidebar: every screen that exists, each with one live figure. A rail of icons under 1180 px. */

import type { GroupRow } from '../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../core/studio/contract/local.ts'
import type { TopicRow } from '../../core/studio/contract/topics.ts'
import { printKeys } from '../keys.ts'
import { isMac } from '../commands.ts'
import { formatCount, formatShort } from '../format/figures.ts'
import { usePlace } from '../navigation.ts'
import { destinationOf, hrefOf } from '../places.ts'
import { isBehind } from '../group-health.ts'
import { groupsStream, statusStream, topicsStream } from '../studio/streams.ts'
import { useStreamSlice } from '../studio/use-stream.ts'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icons.tsx'
import { useIsNarrow } from '../ui/width.ts'
import { destinations, type Destination } from './frame-commands.ts'
import styles from './sidebar.module.css'

type NavFigure = { readonly text: string; readonly isWarning: boolean } | null

export function Sidebar() {
  const topicCount = useStreamSlice(topicsStream, {}, countTopics)
  const worstLag = useStreamSlice(groupsStream, {}, findWorstLag)
  const place = usePlace()
  const shown = useStreamSlice(statusStream, {}, shownDestinations) ?? ''
  const brokers = useStreamSlice(statusStream, {}, brokersUp)
  const openTransactions = useStreamSlice(statusStream, {}, status => status.openTransactionCount) ?? 0
  const figures: Readonly<Record<string, NavFigure>> = {
    topics: topicCount === undefined ? null : { text: formatCount(topicCount), isWarning: false },
    groups: worstLag === undefined || worstLag === 0n ? null : { text: formatShort(worstLag), isWarning: true },
    transactions: openTransactions === 0 ? null : { text: formatCount(openTransactions), isWarning: false },
    brokers: brokers === undefined ? null : { text: brokers, isWarning: brokers.includes('/') },
  }
  const isListed = ({ place: { at }, isShown }: Destination): boolean => !isShown || shown.split(' ').includes(at) || destinationOf(place) === at
  return (
    <nav className={styles.sidebar} aria-label="Main" data-region="sidebar">
      {destinations.filter(isListed).map(destination => (
        <Entry key={destination.place.at} destination={destination} figure={figures[destination.place.at] ?? null} />
      ))}
    </nav>
  )
}

function Entry({ destination, figure }: { readonly destination: Destination; readonly figure: NavFigure }) {
  const { place, title, icon, keys } = destination
  const isHere = destinationOf(usePlace()) === place.at
  const isRail = useIsNarrow()
  return (
    <a
      className={classNames(styles.entry, place.at === 'settings' && styles.last)}
      href={hrefOf(place)}
      aria-current={isHere ? 'page' : undefined}
      data-tip={isRail ? title : undefined}
      data-tip-keys={isRail ? printKeys(keys, isMac) : undefined}
    >
      <Icon name={icon} />
      <span className={styles.title}>{title}</span>
      {figure ? <span className={classNames(styles.figure, figure.isWarning && styles.warn)}>{figure.text}</span> : null}
    </a>
  )
}

/** The places that are there for this broker, apart from those that always are. */
function shownDestinations(status: LocalStatus): string {
  return destinations.filter(({ isShown }) => isShown?.(status)).map(({ place }) => place.at).join(' ')
}

/** `3`, or `2/3` while some are down. */
function brokersUp({ brokerCount, brokersUp: up }: LocalStatus): string {
  return up === brokerCount ? formatCount(brokerCount) : `${up}/${brokerCount}`
}

function countTopics(topics: readonly TopicRow[]): number {
  return topics.filter(topic => !topic.isInternal).length
}

/** The largest lag of a group that is behind: what is being read as it comes needs nobody. */
function findWorstLag(groups: readonly GroupRow[]): bigint {
  return groups.filter(isBehind).reduce((worst, { lag }) => (lag !== null && lag > worst ? lag : worst), 0n)
}
