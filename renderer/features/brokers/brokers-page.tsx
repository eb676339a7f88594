/** Which brokers are up, and what does each lead? A stop and a start of each, and what that did to partitions. */

import { useEffect, useEffectEvent, useMemo, useState } from 'react'
import type { BrokerRow } from '../../../core/studio/contract/brokers.ts'
import type { EngineEvent } from '../../../core/studio/contract/local.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { addCommands, type Command } from '../../commands.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { formatIso, formatTime } from '../../format/time.ts'
import { goTo } from '../../navigation.ts'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { brokersStream, eventsStream, statusStream, topicsStream } from '../../studio/streams.ts'
import { useCall } from '../../studio/use-call.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Button } from '../../ui/button.tsx'
import { copyText } from '../../ui/copy-button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { Page, PageHead, Section } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import { showToast } from '../../ui/toast.tsx'
import { brokerColumns } from './broker-columns.tsx'
import { headline, trouble } from './brokers-state.ts'
import { StopBroker } from './stop-broker.tsx'
import styles from './brokers-page.module.css'

type Open =
  | { readonly is: 'stop'; readonly broker: BrokerRow }
  | { readonly is: 'menu'; readonly broker: BrokerRow; readonly at: { readonly x: number; readonly y: number } }

export function BrokersPage() {
  const live = useStream(brokersStream, {})
  const [open, setOpen] = useState<Open | null>(null)
  const [starting, setStarting] = useState<ReadonlySet<number>>(new Set())
  const start = useCall(client => client.brokers.start)
  const brokers = live.is === 'here' ? live.value : null
  const onStart = ({ id }: BrokerRow): void => {
    setStarting(ids => new Set([...ids, id]))
    const run = async (): Promise<void> => {
      const result = await start.run({ id })
      setStarting(ids => new Set([...ids].filter(other => other !== id)))
      if (result.ok) showToast({ text: `Broker ${id} is up` })
    }
    void run()
  }
  const onStop = (broker: BrokerRow): void => setOpen({ is: 'stop', broker })
  useBrokerCommands(brokers ?? [], { onStart, onStop })
  const close = (): void => setOpen(null)
  return (
    <Page head={<PageHead title="Brokers" facts={brokers ? <Facts brokers={brokers} /> : null} actions={brokers && brokers.length > 1 ? <ElectPreferred brokers={brokers} /> : null} />}>
      <div className={styles.scroll}>
        {live.is === 'failed' ? <ErrorNote title="Brokers cannot be listed" failure={live.failure} /> : null}
        {brokers ? (
          <BrokerList brokers={brokers} starting={starting} onStart={onStart} onStop={onStop} onMenu={(broker, at) => setOpen({ is: 'menu', broker, at })} />
        ) : live.is === 'waiting' ? <Skeleton rows={3} /> : null}
        {start.state.is === 'failed' ? (
          <div className={styles.failed}>
            <ErrorNote title="The broker was not started" failure={start.state.failure} />
          </div>
        ) : null}
        {brokers?.length === 1 ? <OnlyOne /> : null}
        <Degraded />
        <BrokerEvents />
      </div>
      {open?.is === 'stop' ? <StopBroker broker={open.broker} onClose={close} onStart={onStart} /> : null}
      {open?.is === 'menu' ? <Menu label={`Acts on broker ${open.broker.id}`} anchor={open.at} items={menuItems(open.broker, { onStart, onStop })} onClose={close} /> : null}
    </Page>
  )
}

/** How to have more: in the app by its settings, headless by the command line. */
function OnlyOne() {
  const canChoose = useStreamSlice(statusStream, {}, status => status.nextBrokerCount !== null) ?? false
  return (
    <p className={styles.note}>
      Local is one broker. With more, up to nine, it is a cluster whose brokers can be stopped and started one by one:{' '}
      {canChoose ? (
        <>choose their number in <a href={hrefOf({ at: 'settings' })}>Settings</a></>
      ) : (
        <>start <b>millrace serve --brokers 3</b></>
      )}
      .
    </p>
  )
}

function Facts({ brokers }: { readonly brokers: readonly BrokerRow[] }) {
  const words = trouble(brokers)
  return (
    <>
      {headline(brokers)}
      {words === null ? (brokers.length > 1 ? ' · a simulated cluster over one store' : '') : <> · <span className={text['warn']}>{words}</span></>}
    </>
  )
}

/** After a stop and a start leadership stays where it went; this brings it back. */
function ElectPreferred({ brokers }: { readonly brokers: readonly BrokerRow[] }) {
  const elect = useCall(client => client.brokers.electPreferred)
  const missed = brokers.reduce((sum, { missedCount }) => sum + missedCount, 0)
  const run = useEffectEvent(async (): Promise<void> => {
    const result = await elect.run({})
    showToast({ text: result.ok ? `${plural(result.output, 'partition')} went back to ${result.output === 1 ? 'its preferred leader' : 'their preferred leaders'}` : `Not elected: ${result.failure.message}` })
  })
  useEffect(
    () => (missed === 0 ? undefined : addCommands([{ id: 'brokers.elect', title: 'Elect preferred leaders', group: 'Do', icon: 'refresh', synonyms: 'balance leadership', perform: () => void run() }])),
    [missed],
  )
  return (
    <Button
      icon="refresh"
      isBusy={elect.state.is === 'busy'}
      disabledReason={missed === 0 ? 'Every partition that could be is led by its preferred broker' : null}
      tip={`${plural(missed, 'partition')} led by another than the first of its replicas`}
      onClick={() => void run()}
    >
      Elect preferred leaders
    </Button>
  )
}

function BrokerList({ brokers, starting, onStart, onStop, onMenu }: {
  readonly brokers: readonly BrokerRow[]
  readonly starting: ReadonlySet<number>
  readonly onStart: (row: BrokerRow) => void
  readonly onStop: (row: BrokerRow) => void
  readonly onMenu: (row: BrokerRow, at: { readonly x: number; readonly y: number }) => void
}) {
  const [selected, setSelected] = useState<string | null>(null)
  const hasRacks = brokers.some(({ rack }) => rack !== null)
  const columns = brokerColumns({ starting, onStart, onStop }, hasRacks)
  return (
    <div className={styles.list}>
      <Table
        label="Brokers"
        rows={brokers}
        rowKey={row => String(row.id)}
        columns={columns}
        initialSort={{ column: 'id', isDescending: false }}
        selectedKey={selected}
        onSelect={(_, key) => setSelected(key)}
        onOpen={row => (row.isUp ? row.stopProblem === null && onStop(row) : onStart(row))}
        onMenu={onMenu}
      />
    </div>
  )
}

/** Topics that lack a leader or a replica. */
function Degraded() {
  const live = useStream(topicsStream, {})
  const [selected, setSelected] = useState<string | null>(null)
  const topics = live.is === 'here' ? live.value : []
  const rows = topics.filter(row => row.underReplicatedCount > 0 || row.leaderlessCount > 0)
  if (rows.length === 0) return null
  return (
    <Section title="Partitions that lack a broker" note="by topic" hasRule>
      <div className={styles.list}>
        <Table
          label="Topics that lack a broker"
          rows={rows}
          rowKey={row => row.topic}
          columns={degradedColumns}
          initialSort={{ column: 'leaderless', isDescending: true }}
          selectedKey={selected}
          onSelect={(_, key) => setSelected(key)}
          onOpen={row => goTo({ at: 'topic', topic: row.topic, tab: 'partitions' })}
        />
      </div>
    </Section>
  )
}

const degradedColumns: readonly Column<TopicRow>[] = [
  {
    id: 'topic',
    title: 'Topic',
    width: { grow: 2, min: 160 },
    compare: byText(row => row.topic),
    text: row => row.topic,
    cell: row => <a href={hrefOf({ at: 'topic', topic: row.topic, tab: 'partitions' })} tabIndex={-1}>{row.topic}</a>,
  },
  count('partitions', 'Partitions', row => row.partitionCount, 't2', 'All of the topic'),
  count('factor', 'Replication', row => row.replicationFactor, 't2', 'How many brokers hold each partition'),
  count('under', 'Under-replicated', row => row.underReplicatedCount, 'warn', 'Fewer replicas in sync than hold them'),
  count('leaderless', 'No leader', row => row.leaderlessCount, 'bad', 'Nobody that is in sync is up: no records in or out'),
]

function count(id: string, title: string, of: (row: TopicRow) => number, tone: 't2' | 'warn' | 'bad', tip: string): Column<TopicRow> {
  return {
    id, title, tip, width: 128, align: 'end', isDescendingFirst: true,
    compare: byNumber(of),
    text: row => String(of(row)),
    cell: row => <span className={text[of(row) === 0 ? 't3' : tone]}>{formatCount(of(row))}</span>,
  }
}

const EVENTS_SHOWN = 20

function BrokerEvents() {
  const live = useStream(eventsStream, {})
  const events = live.is === 'here' ? live.value.filter(isBrokerEvent).slice(-EVENTS_SHOWN).reverse() : []
  const now = useNow(events.length > 0, 60_000)
  if (events.length === 0) return null
  return (
    <Section title="What happened" note="in this run, newest first" hasRule>
      <ul className={styles.events} aria-label="What happened to brokers">
        {events.map((event, index) => (
          <li key={`${event.at} ${index}`}>
            <time data-tip={formatIso(event.at)}>{formatTime(event.at, now)}</time>
            <span>{event.text}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function isBrokerEvent({ kind }: EngineEvent): boolean {
  return kind === 'broker'
}

type Acts = { readonly onStart: (row: BrokerRow) => void; readonly onStop: (row: BrokerRow) => void }

function menuItems(broker: BrokerRow, { onStart, onStop }: Acts): readonly MenuItem[] {
  return [
    ...broker.addresses.map((address, at): MenuItem => ({ is: 'item', id: `copy ${at}`, label: `Copy ${address}`, icon: 'copy', run: () => void copyText(address) })),
    { is: 'line' },
    broker.isUp
      ? { is: 'item', id: 'stop', label: 'Stop…', icon: 'stop', isDanger: true, disabledReason: broker.stopProblem, run: () => onStop(broker) }
      : { is: 'item', id: 'start', label: 'Start', icon: 'play', run: () => onStart(broker) },
  ]
}

/** `Stop broker 2`, `Start broker 3`: what can be done now, for the palette. */
function useBrokerCommands(brokers: readonly BrokerRow[], { onStart, onStop }: Acts): void {
  const act = useEffectEvent((id: number) => {
    const row = brokers.find(broker => broker.id === id)
    if (row) (row.isUp ? onStop : onStart)(row)
  })
  const possible = brokers.filter(({ isUp, stopProblem }) => !isUp || stopProblem === null).map(({ id, isUp }) => `${isUp ? 'Stop' : 'Start'} ${id}`).join()
  const commands = useMemo(
    () => possible.split(',').filter(Boolean).map((each): Omit<Command, 'perform'> & { readonly broker: number } => {
      const [verb = '', id = ''] = each.split(' ')
      return {
        id: `brokers.${verb.toLowerCase()}.${id}`, title: `${verb} broker ${id}`, group: 'Do', icon: verb === 'Stop' ? 'stop' : 'play',
        synonyms: verb === 'Stop' ? 'kill down pull the plug' : 'up restart', broker: Number(id),
      }
    }),
    [possible],
  )
  useEffect(() => addCommands(commands.map(({ broker, ...command }) => ({ ...command, perform: () => act(broker) }))), [commands])
}
