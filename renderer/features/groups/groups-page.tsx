/** Who is behind, and on what? All groups, the worst first; the one selected is shown below the list. */

import { useCallback, useMemo, useRef, useState, type RefObject } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { useCommands, type Command } from '../../commands.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { cutMiddle } from '../../format/text.ts'
import { PortBanner } from '../../frame/port-banner.tsx'
import { goTo } from '../../navigation.ts'
import { hrefOf, type GroupTab } from '../../places.ts'
import { groupsStream, statusStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Segments } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { copyText } from '../../ui/copy-button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Input } from '../../ui/input.tsx'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { Page, PageHead, Toolbar } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Kbd, text } from '../../ui/text.tsx'
import { DeleteGroup } from './delete-group.tsx'
import { groupColumns } from './group-columns.tsx'
import { GroupDetailPanel } from './group-detail.tsx'
import { deleteProblem, describeBehind, filterGroups, totalsOf, worstOf, type GroupFilter, type GroupTotals, type Which } from './groups-state.ts'
import styles from './groups-page.module.css'

type Open =
  | { readonly is: 'delete'; readonly group: GroupRow }
  | { readonly is: 'menu'; readonly group: GroupRow; readonly at: { readonly x: number; readonly y: number } }

const noGroups: readonly GroupRow[] = []

export function GroupsPage({ group: selected = null, tab = 'lag' }: { readonly group?: string | null; readonly tab?: GroupTab }) {
  const live = useStream(groupsStream, {})
  const status = useStreamSlice(statusStream, {}, wholeStatus)
  const [filter, setFilter] = useState<GroupFilter>({ find: '', which: 'all' })
  const field = useRef<HTMLInputElement>(null)
  const detail = useRef<HTMLDivElement>(null)
  const groups = live.is === 'here' ? live.value : noGroups
  const rows = useMemo(() => filterGroups(groups, filter), [groups, filter])
  const totals = useMemo(() => totalsOf(groups), [groups])
  useFindCommand(useCallback(() => field.current?.focus(), []))
  const select = useCallback((row: GroupRow) => goTo({ at: 'group', group: row.group, tab }, 'replace'), [tab])
  const enter = (row: GroupRow): void => {
    select(row)
    detail.current?.querySelector<HTMLElement>('[role=grid]')?.focus()
  }
  const [open, setOpen] = useState<Open | null>(null)
  const close = (): void => setOpen(null)
  return (
    <Page head={<PageHead title="Groups" facts={live.is === 'here' && groups.length > 0 ? <Facts groups={groups} totals={totals} /> : null} />}>
      {status ? <PortBanner status={status} /> : null}
      <GroupsToolbar field={field} filter={filter} totals={totals} onFilter={setFilter} />
      {live.is === 'waiting' ? (
        <Skeleton />
      ) : live.is === 'failed' ? (
        <ErrorNote title="Groups cannot be listed" failure={live.failure} />
      ) : (
        <div className={classNames(styles.list, selected !== null && styles.listAbove)}>
          <GroupList
            rows={rows}
            filter={filter}
            totals={totals}
            address={status?.address ?? null}
            selected={selected}
            onSelect={select}
            onEnter={enter}
            onMenu={(group, at) => setOpen({ is: 'menu', group, at })}
          />
        </div>
      )}
      {selected === null || live.is === 'failed' ? null : (
        <GroupDetailPanel ref={detail} key={selected} group={selected} tab={tab} onDelete={group => setOpen({ is: 'delete', group })} />
      )}
      {open?.is === 'delete' ? (
        <DeleteGroup group={open.group} onClose={close} onDeleted={() => open.group.group === selected && goTo({ at: 'groups' }, 'replace')} />
      ) : null}
      {open?.is === 'menu' ? (
        <Menu label={`Acts on ${open.group.group}`} anchor={open.at} items={menuItems(open.group, setOpen)} onClose={close} />
      ) : null}
    </Page>
  )
}

/** Characters of a name in a sentence: what is the matter comes after it, and has to be seen. */
const NAME_MAX = 40

function Facts({ groups, totals }: { readonly groups: readonly GroupRow[]; readonly totals: GroupTotals }) {
  const worst = worstOf(groups)
  return (
    <>
      <b>{formatCount(totals.all - totals.behind)}</b> of {formatCount(totals.all)} keep up
      {worst ? (
        <>
          {' · '}
          <span className={text['warn']}>
            <a className={text['strong']} href={hrefOf({ at: 'group', group: worst.group, tab: 'lag' })}>
              {cutMiddle(worst.group, NAME_MAX)}
            </a> {describeBehind(worst)}
          </span>
          {totals.behind > 1 ? ` · and ${formatCount(totals.behind - 1)} more` : ''}
        </>
      ) : null}
    </>
  )
}

function GroupsToolbar({ field, filter, totals, onFilter }: {
  readonly field: RefObject<HTMLInputElement | null>
  readonly filter: GroupFilter
  readonly totals: GroupTotals
  readonly onFilter: (filter: GroupFilter) => void
}) {
  const options: readonly { readonly value: Which; readonly label: string }[] = [
    { value: 'all', label: `All ${formatCount(totals.all)}` },
    { value: 'behind', label: `Behind ${formatCount(totals.behind)}` },
    { value: 'empty', label: `Empty ${formatCount(totals.empty)}` },
  ]
  return (
    <Toolbar label="Filter groups">
      <Input
        ref={field}
        className={styles.find ?? ''}
        icon="search"
        placeholder="Find a group or topic"
        aria-label="Find a group or topic"
        value={filter.find}
        trail={<Kbd>/</Kbd>}
        onChange={find => onFilter({ ...filter, find })}
        onKeyDown={event => event.key === 'Escape' && onFilter({ ...filter, find: '' })}
      />
      <Segments label="Which groups" value={filter.which} options={options} onChange={which => onFilter({ ...filter, which })} />
    </Toolbar>
  )
}

function GroupList({ rows, filter, totals, address, selected, onSelect, onEnter, onMenu }: {
  readonly rows: readonly GroupRow[]
  readonly filter: GroupFilter
  readonly totals: GroupTotals
  readonly address: string | null
  readonly selected: string | null
  readonly onSelect: (row: GroupRow) => void
  readonly onEnter: (row: GroupRow) => void
  readonly onMenu: (row: GroupRow, at: { readonly x: number; readonly y: number }) => void
}) {
  if (totals.all === 0) {
    return (
      <Empty title="No consumer groups yet" {...(address ? { command: `kcat -b ${address} -G billing orders` } : {})}>
        A group appears here when its first member joins. From a terminal, one that reads orders:
      </Empty>
    )
  }
  if (rows.length === 0) return <Empty title={noneFound(filter)}>{plural(totals.all, 'group')} searched.</Empty>
  return (
    <Table
      label="Groups"
      rows={rows}
      rowKey={keyOf}
      columns={groupColumns}
      initialSort={{ column: 'unread', isDescending: true }}
      selectedKey={selected}
      onSelect={onSelect}
      onOpen={onEnter}
      onMenu={onMenu}
    />
  )
}

function noneFound({ find, which }: GroupFilter): string {
  const kind = { all: 'No group', behind: 'No group that is behind', empty: 'No empty group' }[which]
  if (find.trim() !== '') return `${kind} has “${find}” in its name or topics.`
  return which === 'behind' ? 'No group is behind.' : 'Every group has members.'
}

function useFindCommand(perform: () => void): void {
  const command: Command = useMemo(
    () => ({ id: 'groups.find', title: 'Find a group in the list', group: 'Do', icon: 'search', keys: ['/', 'mod+f'], synonyms: 'filter search', perform }),
    [perform],
  )
  useCommands(useMemo(() => [command], [command]))
}

function menuItems(group: GroupRow, onOpen: (open: Open) => void): readonly MenuItem[] {
  const go = (tab: GroupTab) => () => goTo({ at: 'group', group: group.group, tab }, 'replace')
  return [
    { is: 'item', id: 'lag', label: 'Show lag', icon: 'groups', run: go('lag') },
    { is: 'item', id: 'members', label: 'Show members', icon: 'connect', run: go('members') },
    { is: 'item', id: 'copy', label: 'Copy name', icon: 'copy', run: () => void copyText(group.group) },
    { is: 'line' },
    {
      is: 'item',
      id: 'delete',
      label: 'Delete…',
      icon: 'trash',
      isDanger: true,
      disabledReason: deleteProblem(group, []),
      run: () => onOpen({ is: 'delete', group }),
    },
  ]
}

function keyOf(row: GroupRow): string {
  return row.group
}

function wholeStatus(status: LocalStatus): LocalStatus {
  return status
}
