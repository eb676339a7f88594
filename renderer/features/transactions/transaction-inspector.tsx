/** One transactional id beside the list: since when it is open, who writes, what it touches and holds back. */

import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { formatDuration, formatIso } from '../../format/time.ts'
import { hrefOf, type Place } from '../../places.ts'
import { ageOf } from '../../transaction-health.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { KeyValue, type KeyValueRow } from '../../ui/key-value.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { text } from '../../ui/text.tsx'
import { abortProblem, formatAge, stateOf, timeLeft } from './transactions-state.ts'
import styles from './transactions-page.module.css'

export function TransactionInspector({ transactionalId, row, now, hasBrokers, onAbort, onClose }: {
  readonly transactionalId: string
  /** undefined: there is no such id, or none any more. */
  readonly row: TransactionRow | undefined
  readonly now: number
  readonly hasBrokers: boolean
  readonly onAbort: () => void
  readonly onClose: () => void
}) {
  return (
    <aside className={styles.inspector} aria-label={`Transactional id ${transactionalId}`} data-region="inspector" tabIndex={-1}>
      <div className={styles.head}>
        <h2 data-tip={transactionalId}>{transactionalId}</h2>
        <span className={styles.grow} />
        {row ? (
          <Button size="small" icon="stop" disabledReason={abortProblem(row)} tip="Says what happens first" onClick={onAbort}>
            Abort…
          </Button>
        ) : null}
        <IconButton icon="close" label="Close" keys="Space" size="small" onClick={onClose} />
      </div>
      {row ? <Body row={row} now={now} hasBrokers={hasBrokers} /> : <p className={styles.gone}>There is no such transactional id now: it expired, or never was.</p>}
    </aside>
  )
}

function Body({ row, now, hasBrokers }: { readonly row: TransactionRow; readonly now: number; readonly hasBrokers: boolean }) {
  const others = row.partitionCount - row.partitions.length
  return (
    <div className={styles.scroll}>
      <p className={styles.words}>{stateOf(row, now).tip}.</p>
      <div className={styles.facts}>
        <KeyValue rows={factsOf(row, now, hasBrokers)} />
      </div>
      {row.partitions.length > 0 ? <h3 className={styles.part}>Touches {plural(row.partitionCount, 'partition')}</h3> : null}
      <ul className={styles.places}>
        {row.partitions.map(({ topic, partition, heldBack }) => (
          <li key={`${topic}-${partition}`} className={styles.place}>
            <SeriesBar index={partition} />
            <a className={text['mono']} href={hrefOf(placeOf(topic, partition))}>
              {topic}-{partition}
            </a>
            <span className={styles.grow} />
            {heldBack > 0n ? <span className={text['warn']}>{formatCount(heldBack)} held back</span> : null}
          </li>
        ))}
        {others > 0 ? <li className={styles.place}>and {formatCount(others)} more</li> : null}
      </ul>
    </div>
  )
}

function placeOf(topic: string, partition: number): Place {
  return { at: 'topic', topic, tab: 'partitions', partition }
}

function factsOf(row: TransactionRow, now: number, hasBrokers: boolean): readonly KeyValueRow[] {
  const age = ageOf(row, now)
  const left = timeLeft(row, now)
  return [
    { name: 'State', value: row.state },
    ...(row.startedAt === null ? [] : [{ name: 'Open for', value: age === null ? '' : formatAge(age), tip: `Since ${formatIso(row.startedAt)}` }]),
    { name: 'Timeout', value: `${formatDuration(row.timeoutMs)}${left === null ? '' : left === 'over' ? ', over' : `, over ${left}`}`, tip: 'transaction.timeout.ms of its producer' },
    { name: 'Producer id', value: String(row.producerId), copy: String(row.producerId), isMono: true },
    { name: 'Producer epoch', value: String(row.producerEpoch), isMono: true },
    ...(hasBrokers ? [{ name: 'Coordinator', value: row.coordinator < 0 ? 'none' : `broker ${row.coordinator}` }] : []),
    { name: 'Last change', value: formatIso(row.updatedAt) },
  ]
}
