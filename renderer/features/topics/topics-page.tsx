/** What is stored, how much, how fast? All topics, found by name; new ones and deletions from here. */

import { useCallback, useMemo, useRef, useState, type RefObject } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { keysOf, useCommands, type Command } from '../../commands.ts'
import { formatBytes, formatCount, formatRate, plural } from '../../format/figures.ts'
import { PortBanner } from '../../frame/port-banner.tsx'
import { useIsDismissed } from '../../dismissed.ts'
import { goTo } from '../../navigation.ts'
import { groupsStream, statusStream, topicsStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Button } from '../../ui/button.tsx'
import { copyText } from '../../ui/copy-button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox, Input } from '../../ui/input.tsx'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { Page, PageHead, Toolbar, ToolbarGap } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Kbd, text } from '../../ui/text.tsx'
import { CreateTopic } from './create-topic.tsx'
import { DeleteTopic } from './delete-topic.tsx'
import { topicColumns } from './topic-columns.tsx'
import { filterTopics, totalsOf, type TopicFilter, type Totals } from './topics-state.ts'
import styles from './topics-page.module.css'

type Open =
  | { readonly is: 'create' }
  | { readonly is: 'delete'; readonly topic: TopicRow }
  | { readonly is: 'menu'; readonly topic: TopicRow; readonly at: { readonly x: number; readonly y: number } }

const noTopics: readonly TopicRow[] = []

export function TopicsPage() {
  const live = useStream(topicsStream, {})
  const status = useStreamSlice(statusStream, {}, wholeStatus)
  const [open, setOpen] = useState<Open | null>(null)
  const [filter, setFilter] = useState<TopicFilter>({ find: '', hasInternal: false })
  const [selectedName, setSelectedName] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const topics = live.is === 'here' ? live.value : noTopics
  const rows = useMemo(() => filterTopics(topics, filter), [topics, filter])
  const totals = useMemo(() => totalsOf(topics), [topics])
  const selected = topics.find(topic => topic.topic === selectedName)
  const commands = useTopicsCommands({ selected, onOpen: setOpen, onFind: useCallback(() => field.current?.focus(), []) })
  const close = (): void => setOpen(null)
  const create = (): void => setOpen({ is: 'create' })
  return (
    <Page
      head={
        <PageHead
          title="Topics"
          facts={live.is === 'here' ? <Facts totals={totals} /> : null}
          actions={
            <Button kind="primary" icon="plus" onClick={create} {...tipOf(commands.create)}>
              New topic
            </Button>
          }
        />
      }
    >
      {status ? <PortBanner status={status} /> : null}
      <TopicsToolbar
        field={field}
        filter={filter}
        onFilter={setFilter}
        internalCount={totals.internal}
        selected={selected}
        onOpen={setOpen}
      />
      {live.is === 'waiting' ? (
        <Skeleton />
      ) : live.is === 'failed' ? (
        <ErrorNote title="Topics cannot be listed" failure={live.failure} />
      ) : (
        <TopicList
          rows={rows}
          totalCount={topics.length}
          find={filter.find}
          address={status?.address ?? null}
          startedAt={status?.startedAt ?? 0}
          selectedName={selectedName}
          onSelect={setSelectedName}
          onOpen={setOpen}
          onCreate={create}
        />
      )}
      {open?.is === 'create' ? <CreateTopic existing={new Set(topics.map(topic => topic.topic))} onClose={close} /> : null}
      {open?.is === 'delete' ? <DeleteTopic topic={open.topic} onClose={close} /> : null}
      {open?.is === 'menu' ? (
        <Menu label={`Acts on ${open.topic.topic}`} anchor={open.at} items={menuItems(open.topic, setOpen)} onClose={close} />
      ) : null}
    </Page>
  )
}

function Facts({ totals }: { readonly totals: Totals }) {
  return (
    <>
      <b>{formatCount(totals.topics)}</b> {totals.topics === 1 ? 'topic' : 'topics'} · <b>{formatCount(totals.partitions)}</b>{' '}
      {totals.partitions === 1 ? 'partition' : 'partitions'} ·{' '}
      <b>{formatBytes(totals.sizeBytes)}</b> · <b>{formatRate(totals.inRate)}</b> in
    </>
  )
}

function TopicsToolbar({ field, filter, onFilter, internalCount, selected, onOpen }: {
  readonly field: RefObject<HTMLInputElement | null>
  readonly filter: TopicFilter
  readonly onFilter: (filter: TopicFilter) => void
  readonly internalCount: number
  readonly selected: TopicRow | undefined
  readonly onOpen: (open: Open) => void
}) {
  return (
    <Toolbar label="Filter topics">
      <Input
        ref={field}
        className={styles.find ?? ''}
        icon="search"
        placeholder="Find a topic"
        aria-label="Find a topic"
        value={filter.find}
        trail={<Kbd>/</Kbd>}
        onChange={find => onFilter({ ...filter, find })}
        onKeyDown={event => event.key === 'Escape' && onFilter({ ...filter, find: '' })}
      />
      <ToolbarGap />
      {selected ? (
        <Button kind="quiet" icon="trash" onClick={() => onOpen({ is: 'delete', topic: selected })} {...deleteState(selected)}>
          Delete {selected.topic}
        </Button>
      ) : null}
      <Checkbox
        isOn={filter.hasInternal}
        onChange={hasInternal => onFilter({ ...filter, hasInternal })}
        tip="Topics the broker keeps for itself, as __consumer_offsets"
      >
        Internal <span className={text['t3']}>{formatCount(internalCount)}</span>
      </Checkbox>
    </Toolbar>
  )
}

function TopicList({
  rows,
  totalCount,
  find,
  address,
  startedAt,
  selectedName,
  onSelect,
  onOpen,
  onCreate,
}: {
  readonly rows: readonly TopicRow[]
  readonly totalCount: number
  readonly find: string
  readonly address: string | null
  /** Of the broker. */
  readonly startedAt: number
  readonly selectedName: string | null
  readonly onSelect: (name: string) => void
  readonly onOpen: (open: Open) => void
  readonly onCreate: () => void
}) {
  const groupsLive = useStream(groupsStream, {})
  const isCutDismissed = useIsDismissed('cut', startedAt)
  const columns = useMemo(
    () =>
      topicColumns(
        new Map((groupsLive.is === 'here' ? groupsLive.value : []).map((group): [string, GroupRow] => [group.group, group])),
        isCutDismissed,
      ),
    [groupsLive, isCutDismissed],
  )
  if (rows.length === 0 && find !== '')
    return <Empty title={`No topic has “${find}” in its name.`}>{plural(totalCount, 'topic')} searched.</Empty>
  if (rows.length === 0) {
    return (
      <Empty
        title="No topics yet"
        action={
          <Button icon="plus" onClick={onCreate}>
            New topic
          </Button>
        }
        {...(address ? { command: `echo 'hello' | kcat -b ${address} -t orders -P` } : {})}
      >
        A topic is created when a client first writes to it, or here with as many partitions as you choose. From a terminal:
      </Empty>
    )
  }
  const unread = rows.filter(row => row.readBy.length === 0 && !row.isInternal).length
  return (
    <Table
      label="Topics"
      rows={rows}
      rowKey={keyOf}
      columns={columns}
      initialSort={{ column: 'topic', isDescending: false }}
      selectedKey={selectedName}
      onSelect={row => onSelect(row.topic)}
      onOpen={row => goTo({ at: 'topic', topic: row.topic, tab: 'messages' })}
      onMenu={(topic, at) => onOpen({ is: 'menu', topic, at })}
      onRowKey={(event, topic) => {
        if (event.key !== 'Delete' || topic.isInternal) return false
        onOpen({ is: 'delete', topic })
        return true
      }}
      footer={
        unread > 0
          ? `${plural(unread, 'topic')} without a reader.`
          : null
      }
    />
  )
}

function useTopicsCommands({
  selected,
  onOpen,
  onFind,
}: {
  readonly selected: TopicRow | undefined
  readonly onOpen: (open: Open) => void
  readonly onFind: () => void
}) {
  const commands = useMemo(() => {
    const create: Command = {
      id: 'topics.create',
      title: 'New topic',
      group: 'Do',
      icon: 'plus',
      keys: ['n', 'mod+n'],
      synonyms: 'create add',
      perform: () => onOpen({ is: 'create' }),
    }
    const filter: Command = {
      id: 'topics.find',
      title: 'Find a topic in the list',
      group: 'Do',
      icon: 'search',
      keys: ['/', 'mod+f'],
      synonyms: 'filter search',
      perform: onFind,
    }
    const remove: Command = {
      id: 'topics.delete',
      title: `Delete ${selected?.topic ?? ''}`,
      group: 'Do',
      icon: 'trash',
      keys: ['delete'],
      synonyms: 'remove drop topic',
      when: () => selected !== undefined && !selected.isInternal,
      perform: () => {
        if (selected) onOpen({ is: 'delete', topic: selected })
      },
    }
    return { create, filter, remove }
  }, [selected, onOpen, onFind])
  useCommands(useMemo(() => Object.values(commands), [commands]))
  return commands
}

function menuItems(topic: TopicRow, onOpen: (open: Open) => void): readonly MenuItem[] {
  const go = (tab: 'messages' | 'partitions') => () => goTo({ at: 'topic', topic: topic.topic, tab })
  return [
    { is: 'item', id: 'messages', label: 'Open messages', icon: 'topics', keys: '⏎', run: go('messages') },
    { is: 'item', id: 'partitions', label: 'Open partitions', icon: 'columns', run: go('partitions') },
    {
      is: 'item',
      id: 'produce',
      label: 'Produce to it',
      icon: 'produce',
      run: () => goTo({ at: 'produce', topic: topic.topic }),
      ...offWhenInternal(topic),
    },
    { is: 'item', id: 'copy', label: 'Copy name', icon: 'copy', run: () => void copyText(topic.topic) },
    { is: 'line' },
    {
      is: 'item',
      id: 'delete',
      label: 'Delete…',
      icon: 'trash',
      keys: 'Del',
      isDanger: true,
      run: () => onOpen({ is: 'delete', topic }),
      ...offWhenInternal(topic),
    },
  ]
}

function offWhenInternal(topic: TopicRow): { readonly disabledReason: string | null } {
  return { disabledReason: topic.isInternal ? 'The broker needs this topic itself' : null }
}

function deleteState(topic: TopicRow): { readonly disabledReason: string | null; readonly tip: string } {
  return { ...offWhenInternal(topic), tip: 'Asks for its name first' }
}

function tipOf(command: Command): { readonly tip: string; readonly 'data-tip-keys'?: string } {
  const keys = keysOf(command)
  return { tip: command.title, ...(keys === undefined ? {} : { 'data-tip-keys': keys }) }
}

function keyOf(row: TopicRow): string {
  return row.topic
}

function wholeStatus(status: LocalStatus): LocalStatus {
  return status
}
