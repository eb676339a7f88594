/** What is known of one partition's files: how it stands, what recovery did, compaction; its segments; the transactions open in it. */

import { useId, useState, type ReactNode } from 'react'
import type { PartitionDetail } from '../../../core/studio/contract/topics.ts'
import { formatCount } from '../../format/figures.ts'
import { hrefOf } from '../../places.ts'
import { partitionStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { PartitionSegments, PartitionTransactions } from './partition-segments.tsx'
import { PartitionStorage } from './partition-storage.tsx'
import styles from './partition-inspector.module.css'

type InspectorTab = 'storage' | 'segments' | 'transactions'
const names: Readonly<Record<InspectorTab, string>> = { storage: 'Storage', segments: 'Segments', transactions: 'Transactions' }

export function PartitionInspector({ topic, partition, onClose }: {
  readonly topic: string
  readonly partition: number
  readonly onClose: () => void
}) {
  const live = useStream(partitionStream, { topic, partition })
  const [tab, setTab] = useState<InspectorTab>('storage')
  const panelId = useId()
  const detail = live.is === 'here' ? live.value : null
  const tabs = [
    { id: 'storage' as const, label: names.storage },
    { id: 'segments' as const, label: names.segments, count: detail ? formatCount(detail.row.segmentCount) : undefined },
    { id: 'transactions' as const, label: names.transactions, count: detail ? formatCount(detail.row.openTransactionCount) : undefined },
  ]
  return (
    <aside className={styles.inspector} aria-label={`Partition ${partition}`} data-region="inspector" tabIndex={-1}>
      <div className={styles.head}>
        <a className={styles.title} href={hrefOf({ at: 'topic', topic, tab: 'messages', partition })} data-tip="Messages of this partition">
          <SeriesBar index={partition} />
          {topic}-{partition}
        </a>
        <span className={styles.grow} />
        <IconButton icon="close" label="Close" keys="Space" size="small" onClick={onClose} />
      </div>
      <Tabs label={`Parts of partition ${partition}`} isTight tabs={tabs} chosen={tab} onChoose={setTab} panelId={panelId} />
      <div id={panelId} role="tabpanel" aria-label={names[tab]} className={styles.panel}>
        {live.is === 'failed' ? (
          <div className={styles.failed}>
            <ErrorNote title={`Partition ${partition} cannot be shown`} failure={live.failure} />
          </div>
        ) : detail === null ? (
          <Skeleton rows={6} />
        ) : (
          bodyOf(tab, topic, detail)
        )}
      </div>
    </aside>
  )
}

function bodyOf(tab: InspectorTab, topic: string, detail: PartitionDetail): ReactNode {
  switch (tab) {
    case 'storage':
      return <PartitionStorage detail={detail} />
    case 'segments':
      return <PartitionSegments topic={topic} detail={detail} />
    case 'transactions':
      return <PartitionTransactions topic={topic} detail={detail} />
    default:
      return tab satisfies never
  }
}
