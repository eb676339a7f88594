/** Columns of the list of brokers. */

import type { BrokerRow } from '../../../core/studio/contract/brokers.ts'
import { formatCount } from '../../format/figures.ts'
import { Badge, State } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import styles from './brokers-page.module.css'

export type BrokerActs = {
  readonly onStop: (row: BrokerRow) => void
  readonly onStart: (row: BrokerRow) => void
  /** Ids on their way up. */
  readonly starting: ReadonlySet<number>
}

export function brokerColumns(acts: BrokerActs, hasRacks: boolean): readonly Column<BrokerRow>[] {
  return [
    {
      id: 'id',
      title: 'Broker',
      width: 128,
      compare: byNumber(row => row.id),
      text: row => String(row.id),
      cell: row => (
        <span className={styles.name}>
          <span className={text['medium']}>{row.id}</span>
          {row.isController ? <Badge tone="line" tip="Topics and configs are changed through it">controller</Badge> : null}
        </span>
      ),
    },
    {
      id: 'state',
      title: 'State',
      width: 72,
      compare: byText(row => (row.isUp ? 'up' : 'down')),
      text: row => (row.isUp ? 'up' : 'down'),
      cell: row => (
        <State tone={row.isUp ? 'good' : 'bad'}>
          <span className={row.isUp ? undefined : text['bad']}>{row.isUp ? 'up' : 'down'}</span>
        </State>
      ),
    },
    ...(hasRacks ? [rackColumn] : []),
    {
      id: 'addresses',
      title: 'Address',
      width: { grow: 1, min: 130 },
      isMono: true,
      text: row => row.addresses.join(','),
      cell: row => <span data-tip={row.addresses.join(', ')} className={row.isUp ? undefined : text['t3']}>{row.addresses.join(', ')}</span>,
    },
    ...figureColumns,
    {
      id: 'act',
      title: 'Act',
      width: 96,
      align: 'end',
      cell: row => <Act row={row} acts={acts} />,
    },
  ]
}

const rackColumn: Column<BrokerRow> = {
  id: 'rack',
  title: 'Rack',
  width: 84,
  isOptional: 'tight',
  compare: byText(row => row.rack ?? ''),
  text: row => row.rack ?? '',
  cell: row => row.rack ?? <span className={text['t3']}>—</span>,
}

function figure(id: string, title: string, of: (row: BrokerRow) => number, tip: string, more: Partial<Column<BrokerRow>> = {}): Column<BrokerRow> {
  return {
    id, title, tip, width: 84, align: 'end', isDescendingFirst: true,
    compare: byNumber(of),
    text: row => String(of(row)),
    cell: row => <span className={of(row) === 0 ? text['t3'] : undefined}>{formatCount(of(row))}</span>,
    ...more,
  }
}

function warning(id: string, title: string, of: (row: BrokerRow) => number, tip: string, tone: 'warn' | 'bad'): Column<BrokerRow> {
  return figure(id, title, of, tip, { width: 92, cell: row => <span className={text[of(row) === 0 ? 't3' : tone]}>{formatCount(of(row))}</span> })
}

const figureColumns: readonly Column<BrokerRow>[] = [
  figure('leads', 'Leads', row => row.leaderCount, 'Partitions that it leads', { width: 68 }),
  figure('holds', 'Replicas', row => row.replicaCount, 'Partitions that it holds', { width: 76 }),
  warning('behind', 'Out of sync', row => row.outOfSyncCount, 'Partitions that it holds and is not in sync with: it is down', 'warn'),
  warning('offline', 'No leader', row => row.offlineCount, 'Partitions that it holds and that nobody leads', 'bad'),
  figure('connections', 'Connections', row => row.connectionCount, 'Clients that are connected to it', { width: 96, isOptional: 'tight' }),
  figure('groups', 'Groups', row => row.groupCount, 'Groups that it coordinates', { isOptional: true }),
  figure('transactions', 'Transactions', row => row.transactionalIdCount, 'Transactional ids that it coordinates', { isOptional: true, width: 104 }),
]

function Act({ row, acts }: { readonly row: BrokerRow; readonly acts: BrokerActs }) {
  return (
    <span className={styles.act}>
      <ActButton row={row} acts={acts} />
    </span>
  )
}

function ActButton({ row, acts }: { readonly row: BrokerRow; readonly acts: BrokerActs }) {
  return row.isUp ? (
    <Button size="small" tabIndex={-1} icon="stop" aria-label={`Stop broker ${row.id}`} disabledReason={row.stopProblem} tip="Says what happens first" onClick={() => acts.onStop(row)}>
      Stop…
    </Button>
  ) : (
    <Button size="small" tabIndex={-1} icon="play" aria-label={`Start broker ${row.id}`} isBusy={acts.starting.has(row.id)} tip="At the ports it had" onClick={() => acts.onStart(row)}>
      Start
    </Button>
  )
}
