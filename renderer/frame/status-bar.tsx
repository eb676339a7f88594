/** Status bar: is the broker there, under which address, what goes through it, on what disk. Each entry goes to its screen. */

import { useConnection } from '../studio/context.tsx'
import { formatByteRate, formatBytes, formatRate, plural } from '../format/figures.ts'
import { hrefOf } from '../places.ts'
import { statusStream } from '../studio/streams.ts'
import { useStream } from '../studio/use-stream.ts'
import { Led } from '../ui/badge.tsx'
import { classNames } from '../ui/class-names.ts'
import { useCopy } from '../ui/copy-button.tsx'
import { Icon } from '../ui/icons.tsx'
import { text } from '../ui/text.tsx'
import type { LocalStatus } from '../../core/studio/contract/local.ts'
import styles from './status-bar.module.css'

export function StatusBar() {
  const live = useStream(statusStream, {})
  const connection = useConnection()
  const status = live.is === 'here' ? live.value : null
  return (
    <footer className={styles.bar} data-region="status" aria-label="Status" data-stale={connection.is === 'lost' || undefined}>
      <Listener status={status} isLost={connection.is === 'lost'} />
      {status ? <Figures status={status} /> : null}
    </footer>
  )
}

function Listener({ status, isLost }: { readonly status: LocalStatus | null; readonly isLost: boolean }) {
  const { tone, words } = listenerState(status, isLost)
  return (
    <>
      <a className={styles.entry} href={hrefOf({ at: 'connect' })} data-tip={status?.reason ?? 'How to connect'}>
        <Led tone={tone} />
        <span className={styles.reason}>{words}</span>
      </a>
      {status && status.state === 'listening' ? <Address address={status.address} /> : null}
    </>
  )
}

function listenerState(
  status: LocalStatus | null,
  isLost: boolean,
): { readonly tone: 'good' | 'warn' | 'bad' | 'off'; readonly words: string } {
  if (isLost) return { tone: 'bad', words: 'not connected' }
  if (!status) return { tone: 'off', words: 'connecting' }
  if (status.state === 'failed') return { tone: 'bad', words: status.reason ?? 'not listening' }
  if (status.state === 'starting') return { tone: 'warn', words: 'starting' }
  return { tone: 'good', words: 'listening' }
}

function Address({ address }: { readonly address: string }) {
  const { wasCopied, copy } = useCopy()
  return (
    <button
      type="button"
      className={classNames(styles.entry, styles.address)}
      aria-label={`${address}, copy broker address`}
      data-tip="Copy broker address"
      onClick={() => void copy(address)}
    >
      {wasCopied ? 'Copied' : address} <Icon name={wasCopied ? 'check' : 'copy'} size="small" />
      <span role="status" className={text['hidden']}>
        {wasCopied ? 'Copied' : ''}
      </span>
    </button>
  )
}

function Brokers({ count, up }: { readonly count: number; readonly up: number }) {
  return (
    <a className={classNames(styles.entry, up < count && styles.warn)} href={hrefOf({ at: 'brokers' })} data-tip="Which are up, and what each leads">
      {up === count ? plural(count, 'broker') : `${up} of ${plural(count, 'broker')} up`}
    </a>
  )
}

function Figures({ status }: { readonly status: LocalStatus }) {
  const overview = hrefOf({ at: 'overview' })
  return (
    <>
      {status.brokerCount > 1 ? <Brokers count={status.brokerCount} up={status.brokersUp} /> : null}
      <a className={classNames(styles.entry, styles.wide)} href={overview}>
        in <b>{formatRate(status.inRate.records)}</b>
        {status.inRate.bytes >= 0.5 ? ` · ${formatByteRate(status.inRate.bytes)}` : ''}
      </a>
      <a className={classNames(styles.entry, styles.wide)} href={overview}>
        out <b>{formatRate(status.outRate.records)}</b>
        {status.outRate.bytes >= 0.5 ? ` · ${formatByteRate(status.outRate.bytes)}` : ''}
      </a>
      <span className={styles.gap} />
      {status.offline.count > 0 ? (
        <a className={classNames(styles.entry, styles.bad)} href={overview} data-tip={status.offline.first[0]?.reason}>
          {plural(status.offline.count, 'partition')} offline
        </a>
      ) : null}
      {status.recovering > 0 ? (
        <a className={classNames(styles.entry, styles.warn)} href={overview} data-tip="Checked after a stop that was not clean">
          {plural(status.recovering, 'partition')} recovering
        </a>
      ) : null}
      {status.isTemporary ? (
        <span className={classNames(styles.entry, styles.warn)} data-tip={`${status.dataFolder} is removed when Millrace stops`}>
          temporary data
        </span>
      ) : null}
      <a className={styles.entry} href={overview}>
        {plural(status.connectionCount, 'connection')}
      </a>
      <a className={styles.entry} href={hrefOf({ at: 'settings' })} data-tip={`Data in ${status.dataFolder}`}>
        {formatBytes(status.diskUsedBytes)} used, {formatBytes(status.diskFreeBytes)} free
      </a>
    </>
  )
}
