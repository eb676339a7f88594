/** One group below the list: its lag by partition, and its members. */

import { useEffect, useEffectEvent, useId, useMemo, useState, type Ref } from 'react'
import type { GroupDetail, GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { addCommands, type Command } from '../../commands.ts'
import { formatCount } from '../../format/figures.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type GroupTab } from '../../places.ts'
import { isBehind } from '../../group-health.ts'
import { groupStream, statusStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tabs, type Tab } from '../../ui/tabs.tsx'
import { text } from '../../ui/text.tsx'
import { classNames } from '../../ui/class-names.ts'
import { deleteProblem, describeLag, describeProtocol, describeRebalance, removableTopics } from './groups-state.ts'
import { LagChart } from './lag-chart.tsx'
import { memberColumns } from './member-columns.tsx'
import { partitionColumns } from './partition-columns.tsx'
import { RemoveOffsets } from './remove-offsets.tsx'
import styles from './group-detail.module.css'

type PanelProps = {
  readonly group: string
  readonly tab: GroupTab
  readonly onDelete: (group: GroupRow) => void
  readonly ref?: Ref<HTMLDivElement>
}

export function GroupDetailPanel({ group, tab, onDelete, ref }: PanelProps) {
  const live = useStream(groupStream, { group })
  const detail = live.is === 'here' ? live.value : null
  const problem = detail ? deleteProblem(detail.row, detail.members) : 'Not known yet'
  const remove = useEffectEvent(() => detail && onDelete(detail.row))
  useEffect(() => addCommands([deleteCommand(group, problem === null, () => remove())]), [group, problem])
  const [isRemoving, setRemoving] = useState(false)
  const offsetsProblem = detail ? (removableTopics(detail).length === 0 ? 'It has committed nothing' : null) : 'Not known yet'
  useEffect(() => addCommands([removeOffsetsCommand(group, offsetsProblem === null, () => setRemoving(true))]), [group, offsetsProblem])
  const close = (): void => goTo({ at: 'groups' }, 'replace')
  return (
    <section className={styles.detail} aria-label={`Group ${group}`} ref={ref}>
      <div className={styles.head}>
        <h2>{group}</h2>
        {detail ? <Standing detail={detail} /> : null}
        <span className={styles.grow} />
        {live.is === 'failed' ? null : (
          <Button kind="quiet" disabledReason={offsetsProblem} tip="Of one topic; asks for its name first" onClick={() => setRemoving(true)}>
            Remove offsets…
          </Button>
        )}
        {live.is === 'failed' ? null : (
          <Button kind="quiet" icon="trash" disabledReason={problem} tip="Asks for its name first" onClick={() => detail && onDelete(detail.row)}>
            Delete…
          </Button>
        )}
        <IconButton icon="close" label="Close details" onClick={close} />
      </div>
      {live.is === 'failed' ? (
        <ErrorNote title={`${group} cannot be shown`} failure={live.failure} />
      ) : detail ? (
        <Parts detail={detail} tab={tab} at={live.is === 'here' ? live.at : 0} />
      ) : (
        <Skeleton rows={4} />
      )}
      {isRemoving && detail ? <RemoveOffsets detail={detail} onClose={() => setRemoving(false)} /> : null}
    </section>
  )
}

/** What the group waits for while it rebalances, else its lag; screen readers hear of a rebalance. */
function Standing({ detail }: { readonly detail: GroupDetail }) {
  const rebalance = describeRebalance(detail)
  return (
    <>
      <span role="status" className={classNames(text['cut'], text['warn'])}>
        {rebalance === null ? '' : `${detail.row.state}: ${rebalance}`}
      </span>
      {rebalance === null ? <span className={classNames(text['cut'], isBehind(detail.row) ? text['warn'] : text['t2'])}>{describeLag(detail.row)}</span> : null}
    </>
  )
}

/** `at`: when the detail was true, ms since the epoch. */
function Parts({ detail, tab, at }: { readonly detail: GroupDetail; readonly tab: GroupTab; readonly at: number }) {
  const panelId = useId()
  const brokerCount = useStreamSlice(statusStream, {}, countBrokers) ?? 1
  const { group } = detail.row
  const tabs: readonly Tab<GroupTab>[] = [
    { id: 'lag', label: 'Lag', count: formatCount(detail.offsets.length), href: hrefOf({ at: 'group', group, tab: 'lag' }) },
    { id: 'members', label: 'Members', count: formatCount(detail.members.length), href: hrefOf({ at: 'group', group, tab: 'members' }) },
  ]
  return (
    <>
      <div className={styles.tabs}>
        <Tabs
          label={`Parts of ${group}`}
          tabs={tabs}
          chosen={tab}
          onChoose={next => goTo({ at: 'group', group, tab: next }, 'replace')}
          isTight
          panelId={panelId}
          trail={<span className={styles.facts}>{describeProtocol(detail, brokerCount)}</span>}
        />
      </div>
      <div id={panelId} role="tabpanel" aria-label={tab === 'lag' ? 'Lag' : 'Members'} className={styles.panel}>
        {tab === 'lag' ? <Lag detail={detail} at={at} /> : <Members detail={detail} />}
      </div>
    </>
  )
}

function countBrokers(status: LocalStatus): number {
  return status.brokerCount
}

function Lag({ detail, at }: { readonly detail: GroupDetail; readonly at: number }) {
  const columns = useMemo(() => partitionColumns(detail), [detail])
  const [selected, setSelected] = useState<string | null>(null)
  if (detail.offsets.length === 0) return <p className={styles.none}>No partition is assigned and nothing is committed.</p>
  return (
    <>
      <LagChart group={detail.row} at={at} />
      <Table
        label="Partitions"
        rows={detail.offsets}
        rowKey={row => `${row.topic}-${row.partition}`}
        columns={columns}
        initialSort={{ column: 'partition', isDescending: false }}
        selectedKey={selected}
        onSelect={(_, key) => setSelected(key)}
        onOpen={({ topic, partition }) => goTo({ at: 'topic', topic, tab: 'messages', partition })}
      />
    </>
  )
}

function Members({ detail }: { readonly detail: GroupDetail }) {
  const columns = useMemo(() => memberColumns(detail), [detail])
  const [selected, setSelected] = useState<string | null>(null)
  if (detail.members.length === 0) return <p className={styles.none}>No members: nothing reads under this name now. Its offsets are kept.</p>
  return (
    <Table
      label="Members"
      rows={detail.members}
      rowKey={row => row.memberId}
      columns={columns}
      initialSort={{ column: 'client', isDescending: false }}
      selectedKey={selected}
      onSelect={(_, key) => setSelected(key)}
    />
  )
}

function deleteCommand(group: string, isPossible: boolean, perform: () => void): Command {
  return {
    id: 'groups.delete',
    title: `Delete ${group}`,
    group: 'Do',
    icon: 'trash',
    keys: ['delete'],
    synonyms: 'remove drop group',
    when: () => isPossible,
    perform,
  }
}

function removeOffsetsCommand(group: string, isPossible: boolean, perform: () => void): Command {
  return {
    id: 'groups.removeOffsets',
    title: `Remove offsets of a topic from ${group}`,
    group: 'Do',
    icon: 'trash',
    synonyms: 'delete offsets forget commit',
    when: () => isPossible,
    perform,
  }
}
