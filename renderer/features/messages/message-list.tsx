/** The list of records: rows that grow at both ends, stay still under the pointer, and follow new records at the top. */

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type PointerEvent, type ReactNode, type UIEvent } from 'react'
import { formatCount } from '../../format/figures.ts'
import { formatTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { announce } from '../../ui/announcer.tsx'
import { useRowHeight } from '../../ui/table-behaviour.ts'
import { Table } from '../../ui/table.tsx'
import { messageColumns } from './message-columns.tsx'
import type { TopicPlace } from './messages-scope.ts'
import type { Entry, MessageWindow, RecordEntry, SkippedEntry } from './messages-state.ts'
import type { MessagesShown, MessagesStore } from './messages-store.ts'
import { OffsetRail, type RailTarget } from './offset-rail.tsx'
import styles from './message-list.module.css'

/** Rows wait this long after the pointer last moved over them. */
const HELD_FOR_MS = 2000
const ANNOUNCED_EVERY_MS = 10_000

export function MessageList({
  store,
  shown,
  window,
  place,
  selectedKey,
  newCount,
  onSelect,
  onToggleInspector,
  onCopy,
  onMenu,
  onRail,
}: {
  readonly store: MessagesStore
  readonly shown: MessagesShown
  readonly window: MessageWindow
  readonly place: TopicPlace
  readonly selectedKey: string | null
  /** Records that are newer than the list. */
  readonly newCount: number
  readonly onSelect: (entry: RecordEntry) => void
  readonly onToggleInspector: () => void
  /** The selected records as JSON. */
  readonly onCopy: (entries: readonly RecordEntry[]) => void
  /** The scroll bar was dragged to a place that is not here. */
  readonly onRail: (target: RailTarget) => void
  readonly onMenu: (entry: RecordEntry, at: { readonly x: number; readonly y: number }) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const { entries, order } = window
  const isDated = isOfOtherDays(entries)
  const columns = useMemo(() => messageColumns(isDated), [isDated])
  const spanOf = useCallback((entry: Entry) => (entry.is === 'skipped' ? <Skipped entry={entry} place={place} /> : null), [place])
  const hold = usePointerHold(store)
  useSteadyTop(box, window, shown.follow === 'on')
  useFirstFocus(box)
  useOpenedAtEnd(box, shown.opensAtEnd && entries.length > 0)
  const onScroll = (event: UIEvent): void => {
    const { scrollTop, clientWidth } = event.target as HTMLElement // the capture phase of a scroll: its target is the scroller
    if (order !== 'newest' || clientWidth === 0) return
    if (shown.follow === 'on' && scrollTop > 1) store.setFollow('held')
    else if (shown.follow === 'held' && scrollTop <= 1) store.setFollow('on')
  }
  const toNewest = useCallback(() => {
    const grid = box.current?.querySelector('[role=grid]')
    if (order === 'newest') grid?.scrollTo({ top: 0 })
    if (store.read().follow === 'off') store.readNewer(true)
    else store.setFollow('on')
  }, [store, order])
  return (
    <div ref={box} className={styles.list} onScrollCapture={onScroll} {...hold}>
      <OffsetRail window={window} bounds={shown.bounds} list={box} onJump={onRail} />
      <NewPill count={newCount} shown={shown} window={window} onClick={toNewest} />
      <Table
        label="Records"
        rows={entries}
        rowKey={keyOf}
        columns={columns}
        rowCount={-1}
        selectedKey={selectedKey}
        onSelect={entry => {
          if (entry.is === 'record') onSelect(entry)
        }}
        onMenu={(entry, at) => {
          if (entry.is === 'record') onMenu(entry, at)
        }}
        onRowKey={(event, _, selected) => {
          const isCopy = (event.metaKey || event.ctrlKey) && event.shiftKey && event.key.toLowerCase() === 'c'
          if (isCopy) onCopy(selected.filter(isRecord))
          else if (event.key === ' ') onToggleInspector()
          else return false
          return true
        }}
        spanOf={spanOf}
        rowClass={entry => (entry.is === 'skipped' ? styles.skipped : undefined)}
        onReachStart={() => (order === 'newest' ? store.readNewer() : store.readOlder())}
        onReachEnd={() => (order === 'newest' ? store.readOlder() : store.readNewer())}
        footer={<End window={window} shown={shown} />}
      />
    </div>
  )
}

/** Records of the log that are not in the list, and the way to them. */
function Skipped({ entry, place }: { readonly entry: SkippedEntry; readonly place: TopicPlace }) {
  const now = useNow(false)
  const { after, before, count } = entry
  const when =
    after !== null && before !== null && after >= 0n ? ` written between ${formatTime(after, now)} and ${formatTime(before, now)},` : ''
  const { topic, tab, partition } = place
  const from = after !== null && after >= 0n ? (`time-${after}` as const) : null
  return (
    <>
      {formatCount(count)} skipped:{when} faster than a list can follow. They are in the log.{' '}
      {from ? <a href={hrefOf({ at: 'topic', topic, tab, ...(partition === undefined ? {} : { partition }), from })}>Read them</a> : null}
    </>
  )
}

function End({ window, shown }: { readonly window: MessageWindow; readonly shown: MessagesShown }): ReactNode {
  if (shown.reading !== 'nothing') return `Reading ${shown.reading} records…`
  const isNewestFirst = window.order === 'newest'
  const edge = isNewestFirst ? window.low : window.high
  if (!edge.isEnd) return null
  return isNewestFirst ? 'The first record that is kept.' : 'The last record.'
}

function NewPill({
  count,
  shown,
  window,
  onClick,
}: {
  readonly count: number
  readonly shown: MessagesShown
  readonly window: MessageWindow
  readonly onClick: () => void
}) {
  // Reading forward from a position, what comes later is not new: the list gets there by scrolling.
  const isAtEnd = window.order === 'newest' || window.high.isEnd
  const hasPill = isAtEnd && (shown.follow !== 'on' || shown.isPointerHeld) && count > 0
  useNewAnnounced(hasPill ? count : 0)
  if (!hasPill && shown.follow !== 'paused') return null
  return (
    <button
      type="button"
      className={window.order === 'newest' ? styles.pill : styles.pillBelow}
      onClick={onClick}
      data-tip={shown.follow === 'paused' ? 'Reads on from where it was paused' : 'Go to the newest'}
    >
      {shown.follow === 'paused' ? 'Paused · ' : ''}
      {formatCount(count)} {window.high.isEnd ? 'new' : 'newer'}
    </button>
  )
}

function useNewAnnounced(count: number): void {
  const last = useRef(0)
  useEffect(() => {
    const now = performance.now()
    if (count === 0 || now - last.current < ANNOUNCED_EVERY_MS) return
    last.current = now
    announce(`${formatCount(count)} new records`)
  }, [count])
}

/** New rows wait while the pointer moves over the list, and for 2 s after. */
function usePointerHold(store: MessagesStore) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    onPointerMove: (event: PointerEvent): void => {
      if (event.pointerType !== 'mouse') return
      store.holdRows(true)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => store.holdRows(false), HELD_FOR_MS)
    },
    onPointerLeave: (): void => {
      clearTimeout(timer.current)
      store.holdRows(false)
    },
  }
}

/** Rows read in above keep the view still also at the very top, where the table itself shows what comes in. */
function useSteadyTop(box: { readonly current: HTMLElement | null }, window: MessageWindow, isFollowing: boolean): void {
  const rowHeight = useRowHeight()
  const before = useRef<string | undefined>(undefined)
  const { entries } = window
  useLayoutEffect(() => {
    const first = before.current
    before.current = entries[0]?.key
    const grid = box.current?.querySelector('[role=grid]')
    if (isFollowing || !grid || grid.scrollTop > 0 || first === undefined || first === before.current) return
    const index = entries.findIndex(entry => entry.key === first)
    if (index > 0) grid.scrollTop = index * rowHeight
  }, [box, entries, isFollowing, rowHeight])
}

/** The keys of the list work at once, unless something else has the focus. */
function useFirstFocus(box: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    if (document.activeElement !== document.body) return
    box.current?.querySelector<HTMLElement>('[role=grid]')?.focus({ preventScroll: true })
  }, [box])
}

/** Scrolls to the last row once, when there is one. */
function useOpenedAtEnd(box: { readonly current: HTMLElement | null }, isWanted: boolean): void {
  const isDone = useRef(false)
  useLayoutEffect(() => {
    if (!isWanted || isDone.current) return
    isDone.current = true
    const grid = box.current?.querySelector('[role=grid]')
    grid?.scrollTo({ top: grid.scrollHeight })
  }, [box, isWanted])
}

function isOfOtherDays(entries: readonly Entry[]): boolean {
  const today = new Date().setHours(0, 0, 0, 0)
  const edges = [entries.find(isRecord), entries.findLast(isRecord)]
  return edges.some(
    entry =>
      entry !== undefined &&
      entry.row.timestamp >= 0n &&
      (Number(entry.row.timestamp) < today || Number(entry.row.timestamp) >= today + 86_400_000),
  )
}

function isRecord(entry: Entry): entry is RecordEntry {
  return entry.is === 'record'
}

function keyOf(entry: Entry): string {
  return entry.key
}
