/** How do I connect? The address, a program for each language, and what the listener sees. Also the first screen of an empty broker. */

import { useState } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { plural } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'
import { formatDuration, formatTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { clientsStream, eventsStream, statusStream, topicsStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Led } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page, PageHead } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { PortBanner } from '../../frame/port-banner.tsx'
import { countTopics, hasRecords, whoCanConnect } from './overview-state.ts'
import { colourCode, snippetsFor } from './snippets.ts'
import styles from './connect-page.module.css'

export function ConnectPage({ isFirstRun = false, onLeave }: { readonly isFirstRun?: boolean; readonly onLeave?: () => void }) {
  const live = useStream(statusStream, {})
  const isFilled = useStreamSlice(topicsStream, {}, hasRecords)
  const topicCount = useStreamSlice(topicsStream, {}, countTopics) ?? 0
  if (live.is !== 'here')
    return (
      <Page head={<PageHead title={isFirstRun ? 'Welcome' : 'Connect'} />}>
        <Skeleton />
      </Page>
    )
  const status = live.value
  const facts = (
    <>
      Local · {plural(topicCount, 'topic')} · {plural(status.connectionCount, 'connection')}
    </>
  )
  return (
    <Page head={<PageHead title={isFirstRun ? 'Welcome' : 'Connect'} facts={facts} />}>
      <PortBanner status={status} />
      <div className={styles.columns}>
        <div className={styles.how}>
          <Address status={status} />
          <Programs address={status.address} />
        </div>
        <div className={styles.seen}>
          <Events isFirstRun={isFirstRun} />
          {isFilled && isFirstRun ? <FirstRecord onLeave={onLeave} /> : null}
          <OtherWays />
        </div>
      </div>
    </Page>
  )
}

function Address({ status }: { readonly status: LocalStatus }) {
  const { address, addresses, startedAt, startTookMs } = status
  const now = useNow(true, 60_000)
  const others = addresses.filter(other => other !== address)
  if (status.state !== 'listening') {
    return (
      <>
        <h2 className={styles.title}>{status.state === 'starting' ? 'The broker is starting.' : 'The broker does not listen.'}</h2>
        <p className={styles.facts}>{status.reason}</p>
      </>
    )
  }
  return (
    <>
      <h2 className={styles.title}>{whoIsUp(status)}. Point any Kafka client at {status.brokerCount > 1 ? 'one' : 'it'}.</h2>
      <div className={styles.address}>
        <Led tone="good" />
        <span>{address}</span>
        <CopyButton text={address} label="Copy address" size="normal">
          Copy
        </CopyButton>
      </div>
      <p className={styles.facts}>
        Accepting since {formatTime(startedAt + startTookMs, now)}, {formatDuration(startTookMs)} after start.{' '}
        {whoCanConnect(addresses)}{' '}
        Topics are created when a client first writes.{others.length > 0 ? ` Also at ${listNames(others, 4)}.` : ''}
      </p>
    </>
  )
}

function whoIsUp({ brokerCount, brokersUp }: Pick<LocalStatus, 'brokerCount' | 'brokersUp'>): string {
  if (brokerCount === 1) return 'The broker is up'
  return brokersUp === brokerCount ? `All ${brokerCount} brokers are up` : `${brokersUp} of ${brokerCount} brokers ${brokersUp === 1 ? 'is' : 'are'} up`
}

function Programs({ address }: { readonly address: string }) {
  const snippets = snippetsFor(address)
  const [chosen, setChosen] = useState('kcat')
  const snippet = snippets.find(({ id }) => id === chosen) ?? snippets[0]
  return (
    <div className={styles.programs}>
      <Tabs
        label="Languages"
        isTight
        panelId="program"
        tabs={snippets.map(({ id, label }) => ({ id, label }))}
        chosen={chosen}
        onChoose={setChosen}
      />
      {snippet ? (
        <div id="program" role="tabpanel" aria-label={snippet.label}>
          <CodeBlock title={snippet.file} code={snippet.code} parts={colourCode(snippet)} />
        </div>
      ) : null}
    </div>
  )
}

const EVENTS_SHOWN = 12

function Events({ isFirstRun }: { readonly isFirstRun: boolean }) {
  const live = useStream(eventsStream, {})
  const clientCount = useStreamSlice(clientsStream, {}, countClients) ?? 0
  const events = live.is === 'here' ? live.value.slice(-EVENTS_SHOWN) : []
  const now = useNow(true, 60_000)
  return (
    <section aria-labelledby="seen">
      <h2 id="seen" className={styles.heading}>
        {clientCount > 0
          ? `${plural(clientCount, 'client')} connected`
          : isFirstRun && !events.some(event => event.kind === 'connection')
            ? 'Waiting for the first client'
            : 'No client is connected'}
      </h2>
      <div className={styles.log} role="log" aria-live="polite" aria-label="What the listener sees">
        {events.map((event, index) => (
          <div
            key={`${event.at} ${index}`}
            className={event.kind === 'warning' ? styles.warning : event.kind === 'connection' ? styles.connection : undefined}
          >
            <time>{formatTime(event.at, now)}</time>
            <span>{event.text}</span>
          </div>
        ))}
        {clientCount === 0 ? (
          <div className={styles.waiting}>
            <time>now</time>
            <span>no connection; the next will appear here</span>
          </div>
        ) : null}
      </div>
    </section>
  )
}

function countClients(clients: readonly unknown[]): number {
  return clients.length
}

function FirstRecord({ onLeave }: { readonly onLeave: (() => void) | undefined }) {
  return (
    <div className={styles.first} role="status">
      <Icon name="check" />
      <span>The first record is in.</span>
      <LinkButton kind="primary" href={hrefOf({ at: 'overview' })} onClick={onLeave}>
        Open Overview
      </LinkButton>
    </div>
  )
}

function OtherWays() {
  return (
    <section aria-labelledby="other">
      <h2 id="other" className={styles.heading}>
        Without a client
      </h2>
      <div className={styles.way}>
        <Icon name="produce" />
        <div>
          <p className={styles.wayTitle}>Write one record by hand</p>
          <p className={styles.wayText}>Pick a topic, a key and a value.</p>
        </div>
        <LinkButton href={hrefOf({ at: 'produce' })}>Produce</LinkButton>
      </div>
      <div className={styles.way}>
        <Icon name="topics" />
        <div>
          <p className={styles.wayTitle}>Create a topic first</p>
          <p className={styles.wayText}>Choose its partitions and how long it keeps records.</p>
        </div>
        <LinkButton href={hrefOf({ at: 'topics' })}>Topics</LinkButton>
      </div>
    </section>
  )
}
