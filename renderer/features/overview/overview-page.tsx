/** Is everything moving, and what needs me? An empty broker shows First run instead, until the user goes on. */

import { useState, type ReactNode } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { dismissNotice, useIsDismissed } from '../../dismissed.ts'
import { formatRate } from '../../format/figures.ts'
import { cutMiddle } from '../../format/text.ts'
import { PortBanner } from '../../frame/port-banner.tsx'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { groupsStream, statusStream, topicsStream, transactionsStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { isOpen } from '../../transaction-health.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page, PageHead } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { text } from '../../ui/text.tsx'
import { ConnectPage } from './connect-page.tsx'
import { findingsOf, hasRecords, headline, type Finding } from './overview-state.ts'
import { ClientsPanel, ConnectPanel, GroupsPanel } from './overview-panels.tsx'
import { RatesChart } from './rates-chart.tsx'
import { TopicsPanel } from './topics-panel.tsx'
import styles from './overview-page.module.css'

export function OverviewPage() {
  const isFilled = useStreamSlice(topicsStream, {}, hasRecords)
  // An empty broker's first screen stays until it is left by hand: a jump would tear the page from under the reader.
  const [isFirstRun, setFirstRun] = useState(false)
  if (isFilled === undefined)
    return (
      <Page head={<PageHead title="Overview" />}>
        <Loading />
      </Page>
    )
  if (!isFilled && !isFirstRun) setFirstRun(true)
  if (isFirstRun) return <ConnectPage isFirstRun onLeave={() => setFirstRun(false)} />
  return <Overview />
}

function Loading() {
  const topics = useStream(topicsStream, {})
  return topics.is === 'failed' ? <ErrorNote title="Topics cannot be listed" failure={topics.failure} /> : <Skeleton />
}

function Overview() {
  const live = useStream(statusStream, {})
  const groupsLive = useStream(groupsStream, {})
  const groups = groupsLive.is === 'here' ? groupsLive.value : []
  if (live.is !== 'here')
    return (
      <Page head={<PageHead title="Overview" />}>
        <Skeleton />
      </Page>
    )
  return <OverviewBody status={live.value} groups={groups} />
}

function OverviewBody({ status, groups }: { readonly status: LocalStatus; readonly groups: readonly GroupRow[] }) {
  const isCutDismissed = useIsDismissed('cut', status.startedAt)
  const transactionsLive = useStream(transactionsStream, {})
  const topicsLive = useStream(topicsStream, {})
  const transactions = transactionsLive.is === 'here' ? transactionsLive.value : []
  const topics = topicsLive.is === 'here' ? topicsLive.value : []
  const now = useNow(transactions.some(isOpen), 1000)
  return (
    <Page head={<PageHead title="Overview" facts={<Sentence status={status} groups={groups} />} />}>
      <PortBanner status={status} />
      <div className={styles.overview}>
        <Findings findings={findingsOf(status, groups, { isCutDismissed, transactions, topics, now })} onDismiss={() => dismissNotice('cut', status.startedAt)} />
        <RatesChart status={status} />
        <TopicsPanel />
        <div className={styles.side}>
          <GroupsPanel groups={groups} />
          <ClientsPanel connectionCount={status.connectionCount} />
          <ConnectPanel status={status} />
        </div>
      </div>
    </Page>
  )
}

function Sentence({ status, groups }: { readonly status: LocalStatus; readonly groups: readonly GroupRow[] }) {
  const { lead, behind } = headline(status, groups)
  return (
    <>
      {lead} <b>{formatRate(status.inRate.records)}</b> in, <b>{formatRate(status.outRate.records)}</b> out
      {behind ? (
        <>
          . <span className={text['warn']}>{behind}</span>
        </>
      ) : null}
    </>
  )
}

/** Characters of a name in a sentence: what is the matter comes after it, and has to be seen. */
const NAME_MAX = 40

function Findings({ findings, onDismiss }: { readonly findings: readonly Finding[]; readonly onDismiss: () => void }) {
  if (findings.length === 0)
    return (
      <p className={styles.calm}>
        <Icon name="check" />
        Nothing needs you
      </p>
    )
  return (
    <ul className={styles.findings} aria-label="What needs you">
      {findings.map(finding => (
        <FindingLine key={finding.id} finding={finding} onDismiss={onDismiss} />
      ))}
    </ul>
  )
}

function FindingLine({ finding, onDismiss }: { readonly finding: Finding; readonly onDismiss: () => void }) {
  const { tone, subject, what, detail, action } = finding
  const lead: ReactNode = subject ? (
    <>
      <a href={hrefOf(subject.place)} data-tip={subject.name.length > NAME_MAX ? subject.name : undefined}>{cutMiddle(subject.name, NAME_MAX)}</a> {what}
    </>
  ) : (
    what
  )
  return (
    <li className={styles.finding}>
      <span className={text[tone]}>
        <Icon name={tone === 'bad' ? 'error' : 'warning'} />
      </span>
      <span className={text['cut']} data-tip={detail}>
        <b>{lead}</b>
        {detail === '' ? null : <span className={text['t2']}>{/^\p{Lu}/u.test(detail) ? '. ' : ': '}{detail}</span>}
      </span>
      <span className={styles.acts}>
        {action ? (
          <LinkButton size="small" href={hrefOf(action.place)}>
            {action.label}
          </LinkButton>
        ) : null}
        {finding.canDismiss ? (
          <Button size="small" kind="quiet" onClick={onDismiss} tip="It stays in the events, and with the partition">
            Dismiss
          </Button>
        ) : null}
      </span>
    </li>
  )
}
