/** One topic: its head, and the tabs Messages, Partitions, Groups and Config. What Messages shows is passed in. */

import { useId, useMemo, useState, type ReactNode } from 'react'
import type { TopicDetail, TopicRow } from '../../../core/studio/contract/topics.ts'
import { useCommands, type Command } from '../../commands.ts'
import { formatBytes, formatCount, formatRate } from '../../format/figures.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type Place, type TopicTab } from '../../places.ts'
import { topicStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { Badge } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { copyText } from '../../ui/copy-button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icons.tsx'
import { MenuButton, type MenuItem } from '../../ui/menu.tsx'
import { Page, PageHead } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { DeleteTopic } from './delete-topic.tsx'
import { TopicConfig } from './topic-page-config.tsx'
import { TopicGroups } from './topic-page-groups.tsx'
import { GrowTopic } from './topic-page-grow.tsx'
import { TopicPartitions } from './topic-page-partitions.tsx'
import { keptInWords } from './topic-page-state.ts'
import { describeKept } from './topics-state.ts'
import styles from './topic-page.module.css'

type TopicPlace = Extract<Place, { at: 'topic' }>
/** The screen around a tab: acts go into its head. */
type ScreenFrame = (parts: { readonly actions: ReactNode; readonly children: ReactNode }) => ReactNode

export function TopicPage({
  place,
  messages,
}: {
  readonly place: TopicPlace
  readonly messages: (place: TopicPlace, frame: ScreenFrame) => ReactNode
}) {
  const live = useStream(topicStream, { topic: place.topic })
  const [open, setOpen] = useState<'delete' | 'grow' | null>(null)
  const panelId = useId()
  const detail = live.is === 'here' ? live.value : null
  useTabCommands(place)
  if (live.is === 'failed') return <NoTopic topic={place.topic} failure={live.failure} />
  const frame: ScreenFrame = ({ actions, children }) => (
    <Page head={<TopicHead place={place} detail={detail} panelId={panelId} actions={actions} onOpen={setOpen} />}>
      <div id={panelId} role="tabpanel" aria-label={place.tab} className={styles.panel}>
        {children}
      </div>
      {open === 'delete' && detail ? <DeleteTopic topic={detail.topic} onClose={() => setOpen(null)} /> : null}
      {open === 'grow' && detail ? <GrowTopic topic={detail.topic} onClose={() => setOpen(null)} /> : null}
    </Page>
  )
  if (place.tab === 'messages') return messages(place, frame)
  return frame({ actions: null, children: detail ? <TabBody place={place} tab={place.tab} detail={detail} /> : <Skeleton /> })
}

function TopicHead({
  place,
  detail,
  panelId,
  actions,
  onOpen,
}: {
  readonly place: TopicPlace
  readonly detail: TopicDetail | null
  readonly panelId: string
  readonly actions: ReactNode
  readonly onOpen: (open: 'delete' | 'grow') => void
}) {
  const { topic, tab } = place
  const crumb = (
    <>
      <a href={hrefOf({ at: 'topics' })}>Topics</a> /
    </>
  )
  const acts = (
    <>
      <MoreActs topic={detail?.topic ?? null} name={topic} onOpen={onOpen} />
      {actions}
      {detail?.topic.isInternal ? null : (
        <LinkButton kind="primary" icon="produce" href={hrefOf({ at: 'produce', topic })}>
          Produce
        </LinkButton>
      )}
    </>
  )
  return (
    <>
      <PageHead crumb={crumb} title={topic} facts={detail ? <Facts topic={detail.topic} /> : null} actions={acts} />
      <Tabs
        label="Parts of the topic"
        panelId={panelId}
        tabs={tabsOf(topic, detail)}
        chosen={tab}
        onChoose={next => goTo({ at: 'topic', topic, tab: next })}
      />
    </>
  )
}

function TabBody({
  place,
  tab,
  detail,
}: {
  readonly place: TopicPlace
  readonly tab: Exclude<TopicTab, 'messages'>
  readonly detail: TopicDetail
}) {
  switch (tab) {
    case 'partitions':
      return <TopicPartitions detail={detail} selected={place.partition ?? null} />
    case 'groups':
      return <TopicGroups topic={detail.topic} />
    case 'config':
      return <TopicConfig topic={detail.topic.topic} />
    default:
      return tab satisfies never
  }
}

function Facts({ topic }: { readonly topic: TopicRow }) {
  return (
    <>
      {topic.isInternal ? (
        <>
          <Badge tone="line">internal</Badge>{' '}
        </>
      ) : null}
      <b>{formatCount(topic.recordCount)}</b> records · <b>{formatBytes(topic.sizeBytes)}</b> · <b>{formatRate(topic.inRecordsRate)}</b>
      {` · ${keptInWords(describeKept(topic))}`}
    </>
  )
}

function tabsOf(topic: string, detail: TopicDetail | null) {
  const href = (tab: TopicTab): string => hrefOf({ at: 'topic', topic, tab })
  return [
    { id: 'messages' as const, label: 'Messages', href: href('messages') },
    {
      id: 'partitions' as const,
      label: 'Partitions',
      href: href('partitions'),
      count: detail ? formatCount(detail.topic.partitionCount) : undefined,
    },
    { id: 'groups' as const, label: 'Groups', href: href('groups'), count: detail ? formatCount(detail.topic.readBy.length) : undefined },
    { id: 'config' as const, label: 'Config', href: href('config') },
  ]
}

function MoreActs({
  topic,
  name,
  onOpen,
}: {
  readonly topic: TopicRow | null
  readonly name: string
  readonly onOpen: (open: 'delete' | 'grow') => void
}) {
  const isOff = topic === null || topic.isInternal
  const disabledReason = topic === null ? 'The topic is not here yet' : topic.isInternal ? 'The broker needs this topic itself' : null
  const items: readonly MenuItem[] = [
    { is: 'item', id: 'copy', label: 'Copy name', icon: 'copy', run: () => void copyText(name) },
    { is: 'item', id: 'grow', label: 'Add partitions…', icon: 'plus', disabledReason, run: () => onOpen('grow') },
    { is: 'line' },
    { is: 'item', id: 'delete', label: 'Delete…', icon: 'trash', isDanger: !isOff, disabledReason, run: () => onOpen('delete') },
  ]
  return (
    <MenuButton label={`More about ${name}`} items={items} className={styles.more ?? ''} align="end">
      <Icon name="more" />
    </MenuButton>
  )
}

const TAB_KEYS: readonly { readonly tab: TopicTab; readonly title: string }[] = [
  { tab: 'messages', title: 'Messages' },
  { tab: 'partitions', title: 'Partitions' },
  { tab: 'groups', title: 'Groups of the topic' },
  { tab: 'config', title: 'Config' },
]

function useTabCommands({ topic, tab: here }: TopicPlace): void {
  useCommands(
    useMemo(
      () =>
        TAB_KEYS.map(({ tab, title }, index): Command => ({
          id: `topic.${tab}`,
          title: `${title}: ${topic}`,
          group: 'Go to',
          icon: 'topics',
          keys: [`mod+${index + 1}`],
          when: () => tab !== here,
          perform: () => goTo({ at: 'topic', topic, tab }),
        })),
      [topic, here],
    ),
  )
}

function NoTopic({ topic, failure }: { readonly topic: string; readonly failure: { readonly code: string; readonly message: string } }) {
  return (
    <Page
      head={
        <PageHead
          crumb={
            <>
              <a href={hrefOf({ at: 'topics' })}>Topics</a> /
            </>
          }
          title={topic}
        />
      }
    >
      {failure.code === 'NOT_FOUND' ? (
        <Empty title={`There is no topic ${topic}.`} action={<LinkButton href={hrefOf({ at: 'topics' })}>All topics</LinkButton>}>
          It was deleted, or never created. A topic is created when a client first writes to it.
        </Empty>
      ) : (
        <div className={styles.failed}>
          <ErrorNote title={`${topic} cannot be shown`} failure={failure} />
        </div>
      )}
    </Page>
  )
}
