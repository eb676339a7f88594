/** How one partition stands: its disk, what recovery did when it was opened, its offsets, and compaction. */

import type { ReactNode } from 'react'
import type { CleaningRow, RecoveryRow } from '../../../core/studio/contract/storage.ts'
import type { PartitionDetail, PartitionRow } from '../../../core/studio/contract/topics.ts'
import { formatBytes, formatCount, formatExactBytes } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { formatIso, formatTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { adviceFor, cleaningInWords, hasLost, lastCleanInWords, percentOf, recoveryExtras, recoveryInWords, unopenedInWords } from '../../storage-words.ts'
import { Banner } from '../../ui/banner.tsx'
import { classNames } from '../../ui/class-names.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { KeyValue, type KeyValueRow } from '../../ui/key-value.tsx'
import { Meter } from '../../ui/meter.tsx'
import { text } from '../../ui/text.tsx'
import styles from './partition-storage.module.css'

export function PartitionStorage({ detail }: { readonly detail: PartitionDetail }) {
  const { row } = detail
  return (
    <div className={styles.scroll}>
      {row.health.is === 'offline' ? <Offline reason={row.health.reason} isOpen={row.state !== 'failed'} /> : null}
      <Part title="At the last start">
        <Recovery row={row} />
      </Part>
      <Part title="Log" isTall>
        <KeyValue rows={factsOf(detail)} />
      </Part>
      {row.cleaning ? (
        <Part title="Compaction">
          <Compaction cleaning={row.cleaning} />
        </Part>
      ) : null}
    </div>
  )
}

/** `isTall`: it takes a column of its own where there are two. */
function Part({ title, isTall = false, children }: { readonly title: string; readonly isTall?: boolean; readonly children: ReactNode }) {
  return (
    <section className={classNames(styles.part, isTall && styles.tall)} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </section>
  )
}

function Offline({ reason, isOpen }: { readonly reason: string; readonly isOpen: boolean }) {
  return (
    <div className={styles.whole}>
      <Banner tone="bad" action={<CopyButton text={reason} label="Copy the reason" />}>
        <b>{isOpen ? 'It takes no records.' : 'It is offline.'}</b> {isOpen ? adviceFor(reason) : 'Its files are left as they are; it is tried again at the next start.'}
        <span className={styles.reason}>{reason}</span>
      </Banner>
    </div>
  )
}

function Recovery({ row }: { readonly row: PartitionRow }) {
  const { recovery } = row
  if (!recovery) return <p className={styles.words}>{unopenedInWords(row.state)}</p>
  const extras = recoveryExtras(recovery)
  return (
    <>
      <p className={styles.words}>
        <span className={hasLost(recovery) ? text['warn'] : text['good']}>
          <Icon name={hasLost(recovery) ? 'warning' : 'check'} size="small" />
        </span>
        <span>
          {recoveryInWords(recovery)}
          {extras.length > 0 ? <span className={text['t3']}> Also: {extras.join('; ')}.</span> : null}
        </span>
      </p>
      {recovery.setAside === null ? null : <SetAside recovery={recovery} path={recovery.setAside} />}
    </>
  )
}

function SetAside({ recovery, path }: { readonly recovery: RecoveryRow; readonly path: string }) {
  return (
    <div className={styles.aside}>
      <span className={styles.asideName}>Kept in</span>
      <code className={styles.path} data-tip={`${formatExactBytes(recovery.cutBytes)}, as they were on the disk; yours to look at or delete`}>
        <bdi dir="ltr">{path}</bdi>
      </code>
      <CopyButton text={path} label="Copy path" />
    </div>
  )
}

function factsOf({ row, folder, recoveryPoint }: PartitionDetail): readonly KeyValueRow[] {
  const offset = (value: bigint): Pick<KeyValueRow, 'value' | 'copy' | 'isMono'> => ({ value: formatOffset(value), copy: formatOffset(value), isMono: true })
  const undecided = row.highWatermark - row.lastStableOffset
  return [
    { name: 'Records', value: `${row.cleaning ? 'at most ' : ''}${formatCount(row.endOffset - row.startOffset)}` },
    { name: 'Size', value: formatBytes(row.sizeBytes), tip: formatExactBytes(row.sizeBytes) },
    { name: 'Log start', ...offset(row.startOffset) },
    { name: 'High watermark', ...offset(row.highWatermark) },
    {
      name: 'Last stable',
      ...offset(row.lastStableOffset),
      ...(undecided > 0n ? { value: <Undecided offset={row.lastStableOffset} count={undecided} /> } : {}),
      tip: 'Readers of committed records see what is before it; what is after it is of a transaction that is open, or waits behind one',
    },
    {
      name: 'On the disk',
      ...(recoveryPoint === null ? { value: 'not looked at yet' } : { ...offset(recoveryPoint), value: `up to ${formatOffset(recoveryPoint)}` }),
      tip: 'What is before it survives a power cut; what is after it survives a killed process',
    },
    ...(row.replicas.length > 1 || row.leader < 0 ? placementFacts(row) : []),
    { name: 'Leader epoch', value: row.leaderEpoch < 0 ? 'none' : String(row.leaderEpoch), isMono: row.leaderEpoch >= 0 },
    { name: 'Folder', value: folder, copy: folder, isMono: true, tip: folder },
  ]
}

function placementFacts({ leader, replicas, inSync, offlineReplicas }: PartitionRow): readonly KeyValueRow[] {
  const ids = (list: readonly number[]): string => (list.length === 0 ? 'none' : list.join(', '))
  return [
    { name: 'Leader', value: leader < 0 ? <span className={text['bad']}>none</span> : `broker ${leader}`, tip: 'Takes and serves its records' },
    { name: 'Replicas', value: ids(replicas), tip: 'The brokers that hold it, the preferred leader first' },
    { name: 'In sync', value: inSync.length < replicas.length ? <span className={text['warn']}>{ids(inSync)}</span> : ids(inSync), tip: 'Those that may lead' },
    ...(offlineReplicas.length > 0 ? [{ name: 'Down', value: <span className={text['warn']}>{ids(offlineReplicas)}</span> }] : []),
  ]
}

function Undecided({ offset, count }: { readonly offset: bigint; readonly count: bigint }) {
  return (
    <>
      {formatOffset(offset)} <span className={text['warn']}>{formatCount(count)} undecided</span>
    </>
  )
}

function Compaction({ cleaning }: { readonly cleaning: CleaningRow }) {
  const now = useNow(cleaning.last !== null, 60_000)
  const { state, last } = cleaning
  return (
    <>
      <p className={styles.words}>
        <span className={state.is === 'uncleanable' ? text['warn'] : undefined}>{cleaningInWords(cleaning)}</span>
      </p>
      {state.is === 'cleaning' ? <Progress percent={percentOf(state)} /> : state.is === 'idle' ? <Meter share={cleaning.dirtyRatio} tone="plain" /> : null}
      {last ? (
        <p className={styles.last} data-tip={formatIso(last.endedAt)}>
          Last at {formatTime(last.endedAt, now, { hasMs: false })}: {lastCleanInWords(last)}.
        </p>
      ) : null}
    </>
  )
}

function Progress({ percent }: { readonly percent: number }) {
  return (
    <div className={styles.progress} role="progressbar" aria-label="Compaction" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <Meter share={percent / 100} />
      <span className={styles.percent}>{percent} %</span>
    </div>
  )
}
