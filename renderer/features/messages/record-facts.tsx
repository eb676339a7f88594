/** Facts about a record: its key, times and size; all its headers; the batch it came in. */

import type { MessageDetail } from '../../../core/studio/contract/messages.ts'
import { formatBytes, formatCount, formatExactBytes, plural } from '../../format/figures.ts'
import { hexOf } from '../../format/hex.ts'
import { formatOffset } from '../../format/text.ts'
import { formatIso, formatTime } from '../../format/time.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { KeyValue, type KeyValueRow } from '../../ui/key-value.tsx'
import { text } from '../../ui/text.tsx'
import { copyCell } from './cell-text.ts'
import { CellView } from './cell-view.tsx'
import styles from './record-facts.module.css'

/** Headers named under the value; the tab has all. */
const HEADERS_SHOWN = 3

export function RecordFacts({ topic, detail }: { readonly topic: string; readonly detail: MessageDetail }) {
  const { row, headers, batch } = detail
  const rows: readonly KeyValueRow[] = [
    keyRow(detail),
    timeRow(detail),
    { name: 'Producer', value: describeProducer(detail) },
    {
      name: 'Batch',
      value: (
        <>
          {plural(batch.recordCount, 'record')}, {batch.codec === 'none' ? 'not compressed' : batch.codec}, {formatBytes(batch.sizeBytes)}
          {batch.codec === 'none' || batch.inflatedBytes === 0 ? (
            ''
          ) : (
            <span className={text['t3']}> from {formatBytes(batch.inflatedBytes)}</span>
          )}
        </>
      ),
    },
    ...headers.slice(0, HEADERS_SHOWN).map((header, index): KeyValueRow => ({
      name: index === 0 ? 'Headers' : '',
      isMono: true,
      copy: copyCell(header.value),
      value: (
        <>
          <span className={text['t2']}>{header.name}</span> <CellView cell={header.value} />
        </>
      ),
    })),
  ]
  return (
    <section className={styles.facts} aria-label={`Facts of ${topic}-${row.partition} @ ${row.offset}`}>
      <KeyValue rows={rows} />
      {headers.length > HEADERS_SHOWN ? <p className={text['t3']}>{plural(headers.length - HEADERS_SHOWN, 'header')} more</p> : null}
    </section>
  )
}

function keyRow({ row, keyBytes, keySizeBytes }: MessageDetail): KeyValueRow {
  const note =
    row.key.is === 'null'
      ? ''
      : `${formatExactBytes(keySizeBytes)}, ${row.key.is === 'hex' ? 'bytes' : row.key.is === 'json' ? 'JSON' : 'text'}`
  const copy = row.key.is === 'hex' && keyBytes ? hexOf(keyBytes, ' ') : copyCell(row.key)
  return {
    name: 'Key',
    isMono: true,
    ...(row.key.is === 'null' ? {} : { copy }),
    value: (
      <span className={styles.key}>
        <CellView cell={row.key} />
        <span className={styles.note}>{note}</span>
      </span>
    ),
  }
}

function timeRow({ row }: MessageDetail): KeyValueRow {
  const isAppend = row.timestampType === 'append'
  const iso = formatIso(row.timestamp)
  return {
    name: isAppend ? 'Appended' : 'Created',
    copy: iso,
    tip: iso,
    value: (
      <>
        {formatTime(row.timestamp, Date.now())} <span className={text['t3']}>{isAppend ? 'by the broker' : 'by the client'}</span>
      </>
    ),
  }
}

function describeProducer({ row, batch }: MessageDetail) {
  if (batch.producerId === null) return <span className={text['t3']}>not idempotent</span>
  const sequence = batch.baseSequence < 0 ? '' : `, seq ${batch.baseSequence + Number(row.offset - batch.baseOffset)}`
  return (
    <>
      id {String(batch.producerId)}, epoch {batch.producerEpoch}
      {sequence}
      {batch.isTransactional ? ', in a transaction' : ''}
    </>
  )
}

export function RecordHeaders({ detail }: { readonly detail: MessageDetail }) {
  const { headers, row } = detail
  if (headers.length === 0) return <p className={styles.none}>This record has no headers.</p>
  return (
    <div className={styles.headers}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
            <th scope="col" className={styles.end}>
              Size
            </th>
            <th scope="col">
              <span className={styles.unseen}>Copy</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {headers.map(({ name, value }, index) => (
            <tr key={index}>
              <td className={styles.name}>{name === '' ? <span className={text['t3']}>""</span> : name}</td>
              <td className={styles.cell}>
                <CellView cell={value} />
              </td>
              <td className={styles.end}>{value.is === 'null' || value.is === 'failed' ? '—' : formatBytes(value.sizeBytes)}</td>
              <td className={styles.copy}>
                <CopyButton text={copyCell(value)} label={`Copy ${name}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {row.headerCount > headers.length ? (
        <p className={styles.none}>
          The first {formatCount(headers.length)} of {formatCount(row.headerCount)}.
        </p>
      ) : null}
    </div>
  )
}

export function RecordBatchFacts({ topic, detail }: { readonly topic: string; readonly detail: MessageDetail }) {
  const { row, batch } = detail
  const last = batch.baseOffset + BigInt(Math.max(0, batch.recordCount - 1))
  const rows: readonly KeyValueRow[] = [
    { name: 'Topic', value: topic, copy: topic, isMono: true },
    { name: 'Partition', value: row.partition, isMono: true },
    { name: 'Offset', value: formatOffset(row.offset), copy: formatOffset(row.offset), isMono: true },
    timeRow(detail),
    { name: 'In ISO', value: formatIso(row.timestamp), copy: formatIso(row.timestamp), isMono: true },
    {
      name: 'Record',
      value: (
        <>
          {formatExactBytes(row.sizeBytes)}{' '}
          <span className={text['t3']}>
            key {formatExactBytes(detail.keySizeBytes)}, value {formatExactBytes(detail.valueSizeBytes)}
          </span>
        </>
      ),
    },
    {
      name: 'Batch',
      value: (
        <>
          {plural(batch.recordCount, 'record')}{' '}
          <span className={text['t3']}>
            offsets {formatOffset(batch.baseOffset)} to {formatOffset(last)}
          </span>
        </>
      ),
    },
    {
      name: 'Stored',
      value: (
        <>
          {formatExactBytes(batch.sizeBytes)}, {batch.codec === 'none' ? 'not compressed' : batch.codec}
        </>
      ),
    },
    {
      name: 'Opened',
      value:
        batch.inflatedBytes === 0 ? (
          '—'
        ) : (
          <>
            {formatExactBytes(batch.inflatedBytes)}
            {batch.codec === 'none' ? '' : <span className={text['t3']}> {ratio(batch)} of it stored</span>}
          </>
        ),
    },
    { name: 'Producer', value: describeProducer(detail) },
    { name: 'Transaction', value: batch.isTransactional ? 'part of one' : <span className={text['t3']}>none</span> },
    { name: 'Leader epoch', value: batch.leaderEpoch },
  ]
  return (
    <div className={styles.batch}>
      <KeyValue rows={rows} />
    </div>
  )
}

function ratio({ sizeBytes, inflatedBytes }: MessageDetail['batch']): string {
  return `${Math.round((sizeBytes / inflatedBytes) * 100)} %`
}
