/** Which records are there, and what is in this one? A topic's records, live at the newest end, and the one that is selected. */

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type CSSProperties, type ReactNode } from 'react'
import type { TopicDetail } from '../../../core/studio/contract/topics.ts'
import { keysOf, useCommands, type Command } from '../../commands.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf } from '../../places.ts'
import { useClient } from '../../studio/context.tsx'
import { statusStream, topicStream } from '../../studio/streams.ts'
import { useStreamSlice } from '../../studio/use-stream.ts'
import { Led } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Menu } from '../../ui/menu.tsx'
import { ResizeHandle } from '../../ui/resize-handle.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { MessageList } from './message-list.tsx'
import { recordMenu, useRecordCopies } from './message-menu.ts'
import { placeOfJump, positionNotice, scopeOf, selectedBy, type TopicPlace } from './messages-scope.ts'
import { newerCount, recordKey, type RecordEntry } from './messages-state.ts'
import { MessagesStore, pageHost, type Follow, type MessagesShown, type Scope } from './messages-store.ts'
import { MessagesToolbar } from './messages-toolbar.tsx'
import type { RailTarget } from './offset-rail.tsx'
import { RecordInspector } from './record-inspector.tsx'
import type { RecordId } from './use-record.ts'
import styles from './messages-view.module.css'

/** The screen around it: its head takes the acts, the rest is the body. */
export type ScreenFrame = (parts: { readonly actions: ReactNode; readonly children: ReactNode }) => ReactNode

export function MessagesView({ place, frame }: { readonly place: TopicPlace; readonly frame: ScreenFrame }) {
  const { store, shown, scope } = useMessages(place)
  const topic = useStreamSlice(topicStream, { topic: place.topic }, wholeTopic)
  const [isInspectorOpen, setInspectorOpen] = useState(true)
  const jumpField = useRef<HTMLInputElement>(null)
  const commands = useMessagesCommands({
    place,
    store,
    onJump: useCallback(() => jumpField.current?.focus(), []),
    onInspector: useCallback(() => setInspectorOpen(isOpen => !isOpen), []),
  })
  const ends = topic?.partitions ?? []
  const notice = shown.window ? positionNotice(scope, shown.located, shown.bounds) : null
  return frame({
    actions: <LiveButton follow={shown.follow} command={commands.live} />,
    children: (
      <>
        <MessagesToolbar
          place={place}
          partitionCount={topic?.topic.partitionCount ?? null}
          endOffset={highestEnd(ends, place.partition)}
          follow={shown.follow}
          onPause={commands.pause.perform}
          jumpField={jumpField}
          here={shown.window && topic ? { rows: shown.window.entries.length, records: recordsIn(topic, place.partition) } : null}
        />
        {notice ? <Banner tone="warn">{notice}</Banner> : null}
        <Failed shown={shown} onRetry={() => store.retry()} />
        <ListAndRecord
          place={place}
          store={store}
          shown={shown}
          newCount={shown.window ? newerCount(shown.window.high.cursor, ends) : 0}
          hasNotice={notice !== null}
          isInspectorOpen={isInspectorOpen}
          onInspector={setInspectorOpen}
        />
      </>
    ),
  })
}

const INSPECTOR_WIDTH = { min: 300, max: 720 }

function ListAndRecord({
  place,
  store,
  shown,
  newCount,
  hasNotice,
  isInspectorOpen,
  onInspector,
}: {
  readonly place: TopicPlace
  readonly store: MessagesStore
  readonly shown: MessagesShown
  readonly newCount: number
  readonly hasNotice: boolean
  readonly isInspectorOpen: boolean
  readonly onInspector: (isOpen: boolean) => void
}) {
  const [selected, select] = useSelectedRecord(place)
  const [menu, setMenu] = useState<{ readonly entry: RecordEntry; readonly at: { readonly x: number; readonly y: number } } | null>(null)
  const [width, setWidth] = useState<number | null>(null)
  const copies = useRecordCopies(place.topic)
  // The notice says already why the record of a link is not there.
  const isMissing = hasNotice && selected !== null && recordKey(selected) === selectedBy(place)
  const hasInspector = isInspectorOpen && selected !== null && !isMissing
  return (
    <div className={hasInspector ? styles.split : styles.whole} style={cssWidth(width)}>
      {shown.window === null ? (
        <Reading hasFailed={shown.failed !== null} />
      ) : shown.window.entries.length === 0 && shown.window.low.isEnd && shown.window.high.isEnd ? (
        <NoRecords topic={place.topic} partition={place.partition} />
      ) : (
        <MessageList
          store={store}
          shown={shown}
          window={shown.window}
          place={place}
          newCount={newCount}
          selectedKey={selected ? recordKey(selected) : null}
          onSelect={({ row }) => {
            select({ topic: place.topic, partition: row.partition, offset: row.offset })
            if (selected === null) onInspector(true)
          }}
          onToggleInspector={() => onInspector(!isInspectorOpen)}
          onCopy={entries => void copies.json(entries.map(({ row }) => row))}
          onMenu={(entry, at) => setMenu({ entry, at })}
          onRail={target => void jumpTo(place, store, target)}
        />
      )}
      {hasInspector ? (
        <div className={styles.side}>
          <ResizeHandle label="Width of the record" width={width} bounds={INSPECTOR_WIDTH} onChange={setWidth} />
          <RecordInspector id={selected} onClose={() => onInspector(false)} />
        </div>
      ) : null}
      {menu ? (
        <Menu
          label="Acts on this record"
          anchor={menu.at}
          items={recordMenu({ place, row: menu.entry.row, copies })}
          onClose={() => setMenu(null)}
        />
      ) : null}
    </div>
  )
}

/** The record that is looked at: chosen in the list, or named by the place. */
function useSelectedRecord(place: TopicPlace) {
  const [selected, select] = useState<RecordId | null>(() => recordOf(place))
  const [chosenBy, setChosenBy] = useState(selectedBy(place))
  if (selectedBy(place) !== chosenBy) {
    // A jump to a record selects it.
    setChosenBy(selectedBy(place))
    if (selectedBy(place) !== null) select(recordOf(place))
  }
  return [selected, select] as const
}

/** A share of the topic as a place: the time of what is there, which another window can be given too. */
async function jumpTo(place: TopicPlace, store: MessagesStore, target: RailTarget): Promise<void> {
  if (target.is !== 'share') return goTo(placeOfJump(place, target))
  const timestamp = await store.timeAt(target.share)
  if (timestamp !== null) goTo(placeOfJump(place, { is: 'time', timestamp }))
}

function Reading({ hasFailed }: { readonly hasFailed: boolean }) {
  return <div className={styles.loading}>{hasFailed ? null : <Skeleton rows={16} label="Reading records" />}</div>
}

/** The dragged width of the record, over the stylesheet's. */
function cssWidth(width: number | null): CSSProperties {
  // A custom property is not in React's type of a style.
  return width === null ? {} : ({ '--inspector': `${width}px` } as CSSProperties)
}

/** One store for each thing that is read; it reads while the window is connected and the screen shown. */
function useMessages({ topic, partition, offset, from }: TopicPlace): {
  readonly store: MessagesStore
  readonly shown: MessagesShown
  readonly scope: Scope
} {
  const client = useClient()
  const { store, scope } = useMemo(() => {
    const scope = scopeOf({
      topic,
      ...(partition === undefined ? {} : { partition }),
      ...(offset === undefined ? {} : { offset }),
      ...(from === undefined ? {} : { from }),
    })
    return { store: new MessagesStore(scope, pageHost), scope }
  }, [topic, partition, offset, from])
  useEffect(() => {
    if (!client) return undefined
    store.start(client)
    return () => store.stop()
  }, [store, client])
  return { store, shown: useSyncExternalStore(store.subscribe, store.read), scope }
}

function useMessagesCommands({
  place,
  store,
  onJump,
  onInspector,
}: {
  readonly place: TopicPlace
  readonly store: MessagesStore
  readonly onJump: () => void
  readonly onInspector: () => void
}) {
  const commands = useMemo(() => {
    const isLive = (): boolean => store.read().follow !== 'off'
    const toEnd = (): void => goTo(placeOfJump(place, { is: 'end' }))
    const live = {
      id: 'messages.live',
      title: 'Live: follow new records',
      group: 'Do',
      icon: 'play',
      keys: ['l'],
      synonyms: 'tail follow',
      perform: () => toggleLive(store, toEnd),
    } satisfies Command
    const pause = {
      id: 'messages.pause',
      title: 'Pause or resume',
      group: 'Do',
      icon: 'pause',
      keys: ['p'],
      when: isLive,
      perform: () => store.setFollow(store.read().follow === 'paused' ? 'on' : 'paused'),
    } satisfies Command
    const jump = {
      id: 'messages.jump',
      title: 'Jump to an offset or time',
      group: 'Do',
      icon: 'search',
      keys: ['o'],
      synonyms: 'offset time seek',
      perform: onJump,
    } satisfies Command
    const end = {
      id: 'messages.end',
      title: 'Newest records',
      group: 'Do',
      icon: 'end',
      keys: ['.'],
      synonyms: 'end latest',
      perform: toEnd,
    } satisfies Command
    const start = {
      id: 'messages.start',
      title: 'Oldest records',
      group: 'Do',
      icon: 'start',
      keys: [','],
      synonyms: 'start earliest beginning',
      perform: () => goTo(placeOfJump(place, { is: 'start' })),
    } satisfies Command
    const inspector = {
      id: 'messages.inspector',
      title: 'Show or hide the record',
      group: 'View',
      icon: 'inspector',
      keys: ['space'],
      // Space presses a button and chooses a tab that has the focus.
      when: () => !document.activeElement?.matches('button, a, [role=tab], [role=separator]'),
      perform: onInspector,
    } satisfies Command
    return { live, pause, jump, end, start, inspector }
  }, [place, store, onJump, onInspector])
  useCommands(useMemo(() => Object.values(commands), [commands]))
  return commands
}

/** Live means the newest end: elsewhere it goes there first. */
function toggleLive(store: MessagesStore, toEnd: () => void): void {
  const { follow, window } = store.read()
  if (follow !== 'off') store.setFollow('off')
  else if (window?.order === 'oldest') toEnd()
  else store.setFollow('on')
}

const liveWords: Readonly<Record<Follow, string>> = { off: '', on: '', held: 'scrolled away', paused: 'paused' }

function LiveButton({ follow, command }: { readonly follow: Follow; readonly command: Command }) {
  const keys = keysOf(command)
  return (
    <Button
      aria-pressed={follow !== 'off'}
      onClick={command.perform}
      tip={command.title}
      {...(keys === undefined ? {} : { 'data-tip-keys': keys })}
    >
      <Led tone={follow === 'on' ? 'live' : 'off'} />
      Live{liveWords[follow] === '' ? null : <span className={styles.liveWord}>{liveWords[follow]}</span>}
    </Button>
  )
}

const failedTitles: Readonly<Record<NonNullable<MessagesShown['failed']>['what'], string>> = {
  position: 'The records cannot be read',
  older: 'Older records cannot be read',
  newer: 'Newer records cannot be read',
  tail: 'New records cannot be followed',
}

function Failed({ shown: { failed }, onRetry }: { readonly shown: MessagesShown; readonly onRetry: () => void }) {
  if (!failed) return null
  return (
    <div className={styles.failed}>
      <ErrorNote
        title={failedTitles[failed.what]}
        failure={failed.failure}
        action={
          <Button size="small" onClick={onRetry}>
            Try again
          </Button>
        }
      />
    </div>
  )
}

function NoRecords({ topic, partition }: { readonly topic: string; readonly partition: number | undefined }) {
  const address = useStreamSlice(statusStream, {}, status => status.address)
  const where = partition === undefined ? topic : `Partition ${partition} of ${topic}`
  return (
    <Empty
      title={`${where} is empty`}
      action={
        <LinkButton icon="produce" href={hrefOf({ at: 'produce', topic })}>
          Produce a record
        </LinkButton>
      }
      {...(address === undefined
        ? {}
        : { command: `echo 'eu-1:hello' | kcat -b ${address} -t ${topic} -K: -P${partition === undefined ? '' : ` -p ${partition}`}` })}
    >
      Nothing was written yet, or retention took it. What arrives appears here. From a terminal:
    </Empty>
  )
}

function recordOf(place: TopicPlace): RecordId | null {
  return selectedBy(place) === null ? null : { topic: place.topic, partition: place.partition ?? 0, offset: BigInt(place.offset ?? 0) }
}

function highestEnd(ends: TopicDetail['partitions'], partition: number | undefined): bigint | null {
  const offsets = ends.filter(end => partition === undefined || end.partition === partition).map(({ endOffset }) => endOffset)
  return offsets.length === 0 ? null : offsets.reduce((a, b) => (a > b ? a : b))
}

function recordsIn({ partitions }: TopicDetail, partition: number | undefined): bigint {
  return partitions
    .filter(end => partition === undefined || end.partition === partition)
    .reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0n)
}

function wholeTopic(topic: TopicDetail): TopicDetail {
  return topic
}
