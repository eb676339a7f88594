/** The Overview's right side: groups by lag, connected clients, and how to connect. */

import type { ReactNode } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { ClientRow, LocalStatus } from '../../../core/studio/contract/local.ts'
import { formatCount, plural, rateParts } from '../../format/figures.ts'
import { formatDuration } from '../../format/time.ts'
import { isBehind } from '../../group-health.ts'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { clientsStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { classNames } from '../../ui/class-names.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Section } from '../../ui/page.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { isLoopbackOnly } from './overview-state.ts'
import styles from './overview-panels.module.css'

const ROWS_MAX = 10

/** Largest lag first; groups without a lag last. */
export function GroupsPanel({ groups }: { readonly groups: readonly GroupRow[] }) {
  const byLag = [...groups].sort((a, b) => Number((b.lag ?? -1n) - (a.lag ?? -1n)) || (a.group < b.group ? -1 : 1))
  return (
    <Section title="Groups" note="records behind">
      {groups.length === 0 ? (
        <p className={styles.none}>No consumer group yet</p>
      ) : (
        <ul className={classNames(styles.list, styles.groups)}>
          {byLag.slice(0, ROWS_MAX).map(group => (
            <li key={group.group} className={styles.group}>
              <a
                className={text['cut']}
                href={hrefOf({ at: 'group', group: group.group, tab: 'lag' })}
                data-tip={group.topics.length > 0 ? `reads ${group.topics.join(', ')}` : group.state}
              >
                {group.group}
              </a>
              <span className={classNames(styles.figure, styles.optional)}>
                <Figure {...rateParts(group.rate)} />
              </span>
              <span className={styles.optional}>
                <Sparkline size="small" values={group.history} tone={isBehind(group) ? 'warn' : 'plain'} />
              </span>
              <span className={classNames(styles.figure, isBehind(group) && text['warn'])}>{formatCount(group.lag)}</span>
            </li>
          ))}
        </ul>
      )}
      <More count={groups.length - ROWS_MAX} one="group" href={hrefOf({ at: 'groups' })} />
    </Section>
  )
}

export function ClientsPanel({ connectionCount }: { readonly connectionCount: number }) {
  const live = useStream(clientsStream, {})
  const clients = live.is === 'here' ? [...live.value].sort((a, b) => rateOf(b) - rateOf(a) || (a.key < b.key ? -1 : 1)) : []
  return (
    <Section title="Clients" note={plural(connectionCount, 'connection')} hasRule>
      {clients.length === 0 ? (
        <p className={styles.none}>Nobody is connected</p>
      ) : (
        <ul className={classNames(styles.list, styles.clients)}>
          {clients.slice(0, ROWS_MAX).map(client => (
            <li key={client.key} className={styles.client}>
              <span className={text['cut']} data-tip={`${client.host}, ${plural(client.connectionCount, 'connection')}`}>
                {client.clientId || 'no client id'}
              </span>
              <span className={classNames(text['cut'], text['t3'], styles.optional)}>
                {client.software} {client.softwareVersion}
              </span>
              <span className={styles.figure}>
                <ClientRate client={client} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <More count={clients.length - ROWS_MAX} one="client" />
    </Section>
  )
}

/** The direction a client mostly moves records in. */
function ClientRate({ client }: { readonly client: ClientRow }) {
  const isReader = client.outRecordsRate > client.inRecordsRate
  const { value, unit } = rateParts(rateOf(client))
  return value === '0' ? <span className={text['t3']}>idle</span> : <Figure value={value} unit={`${unit} ${isReader ? 'out' : 'in'}`} />
}

function rateOf(client: ClientRow): number {
  return Math.max(client.inRecordsRate, client.outRecordsRate)
}

/** What a bounded list leaves out is counted. */
function More({ count, one, href }: { readonly count: number; readonly one: string; readonly href?: string }): ReactNode {
  if (count <= 0) return null
  const words = `and ${count} more ${count === 1 ? one : `${one}s`}`
  return <p className={styles.none}>{href ? <a href={href}>{words}</a> : words}</p>
}

export function ConnectPanel({ status }: { readonly status: LocalStatus }) {
  const now = useNow(true, 10_000)
  const reach = isLoopbackOnly(status.addresses) ? 'Loopback only' : 'Reachable over the network'
  return (
    <Section
      title="Connect"
      note="any Kafka client"
      hasRule
      aside={
        <a className={text['tiny']} href={hrefOf({ at: 'connect' })}>
          How to
        </a>
      }
    >
      <div className={styles.connect}>
        <CodeBlock code={`bootstrap.servers=${status.address}`} />
        <p>
          {reach}, no password. Up {formatDuration(Math.max(0, Math.floor((now - status.startedAt) / 1000)) * 1000)}, data in{' '}
          <span className={styles.path}>{status.dataFolder}</span>
          {status.isTemporary ? ', removed at the end' : ''}.
        </p>
      </div>
    </Section>
  )
}
