/** What is in this record? Its value decoded above its bytes, headers, and facts of the batch it came in. */

import { useId, useState } from 'react'
import type { MessageDetail } from '../../../core/studio/contract/messages.ts'
import { hrefOf, linkOf, type Place } from '../../places.ts'
import { classNames } from '../../ui/class-names.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { IconButton, Segments } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { MenuButton, type MenuItem } from '../../ui/menu.tsx'
import { copyText } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { recordJson } from './record-copy.ts'
import { RecordBatchFacts, RecordHeaders } from './record-facts.tsx'
import { RecordValue, type ValueView } from './record-value.tsx'
import { PREVIEW_BYTES, useRecord, WHOLE_BYTES_MAX, type RecordId } from './use-record.ts'
import styles from './record-inspector.module.css'

type InspectorTab = 'value' | 'headers' | 'batch'

export function RecordInspector({ id, onClose }: { readonly id: RecordId; readonly onClose: () => void }) {
  const [tab, setTab] = useState<InspectorTab>('value')
  const [view, setView] = useState<ValueView>('tree')
  const [wholeOf, setWholeOf] = useState<string | null>(null)
  const key = `${id.partition}:${id.offset}`
  const read = useRecord(id, wholeOf === key ? WHOLE_BYTES_MAX : PREVIEW_BYTES)
  const panelId = useId()
  const isHere = read !== null && read.of.topic === id.topic && read.of.partition === id.partition && read.of.offset === id.offset
  const detail = read?.result.ok ? read.result.output : null
  const tabs = [
    { id: 'value' as const, label: 'Value' },
    { id: 'headers' as const, label: 'Headers', count: detail ? detail.headers.length : undefined },
    { id: 'batch' as const, label: 'Batch' },
  ]
  return (
    <aside className={styles.inspector} aria-label="Record" data-region="inspector" tabIndex={-1}>
      <InspectorHead id={id} detail={isHere ? detail : null} onClose={onClose} />
      <Tabs
        label="Record"
        isTight
        tabs={tabs}
        chosen={tab}
        onChoose={setTab}
        panelId={panelId}
        trail={detail ? <Decoder detail={detail} view={tab === 'value' ? view : null} onView={setView} /> : null}
      />
      <div id={panelId} role="tabpanel" aria-label={tab} className={classNames(styles.panel, !isHere && read !== null && styles.waiting)}>
        {read === null ? (
          <Skeleton rows={6} />
        ) : !read.result.ok ? (
          <div className={styles.failed}>
            <ErrorNote title="The record cannot be shown" failure={read.result.failure} />
          </div>
        ) : tab === 'value' ? (
          <RecordValue topic={id.topic} detail={read.result.output} view={view} onWhole={() => setWholeOf(key)} />
        ) : tab === 'headers' ? (
          <RecordHeaders detail={read.result.output} />
        ) : (
          <RecordBatchFacts topic={id.topic} detail={read.result.output} />
        )}
      </div>
    </aside>
  )
}

const views = [
  { value: 'tree', label: 'Tree' },
  { value: 'text', label: 'Text' },
] as const

/** Which decoder, and for JSON how it is shown. */
function Decoder({
  detail,
  view,
  onView,
}: {
  readonly detail: MessageDetail
  /** null: not shown now. */
  readonly view: ValueView | null
  readonly onView: (view: ValueView) => void
}) {
  return (
    <span className={styles.decoder}>
      {detail.decoder}
      {detail.row.value.is === 'json' && view !== null ? (
        <Segments label="Show JSON as" size="small" value={view} options={views} onChange={onView} />
      ) : null}
    </span>
  )
}

function InspectorHead({
  id,
  detail,
  onClose,
}: {
  readonly id: RecordId
  readonly detail: MessageDetail | null
  readonly onClose: () => void
}) {
  const place: Place = { at: 'topic', topic: id.topic, tab: 'messages', partition: id.partition, offset: String(id.offset) }
  const items: readonly MenuItem[] = [
    { is: 'item', id: 'link', label: 'Copy link', icon: 'copy', run: () => void copyText(linkOf(place)) },
    { is: 'item', id: 'offset', label: 'Copy offset', icon: 'copy', run: () => void copyText(String(id.offset)) },
  ]
  return (
    <div className={styles.head}>
      <a className={styles.title} href={hrefOf(place)} data-tip={`Read partition ${id.partition} from here`}>
        <SeriesBar index={id.partition} />
        {id.topic}-{id.partition} @ {String(id.offset)}
      </a>
      <span className={styles.grow} />
      {detail ? <CopyButton text={() => recordJson(id.topic, detail)} label="Copy record as JSON" /> : null}
      <MenuButton label="More about this record" items={items} className={styles.more ?? ''} align="end">
        <Icon name="more" size="small" />
      </MenuButton>
      <IconButton icon="close" label="Close" keys="Space" size="small" onClick={onClose} />
    </div>
  )
}
