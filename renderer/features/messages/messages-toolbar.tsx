/** Scope of the list: partition, where to start, and a field to jump anywhere. */

import { useState, type KeyboardEvent, type Ref } from 'react'
import { formatCount } from '../../format/figures.ts'
import { formatTime } from '../../format/time.ts'
import { goTo } from '../../navigation.ts'
import { useNow } from '../../now.ts'
import { IconButton } from '../../ui/button.tsx'
import { Input } from '../../ui/input.tsx'
import { Toolbar, ToolbarGap } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { Kbd } from '../../ui/text.tsx'
import { parseJump } from './jump.ts'
import { placeInPartition, placeOfJump, scopeOf, type TopicPlace } from './messages-scope.ts'
import type { Follow } from './messages-store.ts'
import styles from './messages-toolbar.module.css'

export function MessagesToolbar({
  place,
  partitionCount,
  endOffset,
  follow,
  onPause,
  jumpField,
  here,
}: {
  readonly place: TopicPlace
  readonly partitionCount: number | null
  /** The highest end offset of what is read. */
  readonly endOffset: bigint | null
  readonly follow: Follow
  readonly onPause: () => void
  readonly jumpField: Ref<HTMLInputElement>
  /** Rows here, and records in all. */
  readonly here: { readonly rows: number; readonly records: bigint } | null
}) {
  const isPaused = follow === 'paused'
  return (
    <Toolbar label="What is read">
      <Select
        lead={<span className={styles.wide}>Partition</span>}
        aria-label="Partition"
        value={place.partition === undefined ? 'all' : String(place.partition)}
        options={[
          { value: 'all', label: partitionCount === null ? 'all' : `all ${partitionCount}` },
          ...partitionsOf(partitionCount, place.partition),
        ]}
        onChange={value => goTo(placeInPartition(place, value === 'all' ? null : Number(value)), 'replace')}
      />
      <StartChoice place={place} />
      <JumpField place={place} partitionCount={partitionCount} endOffset={endOffset} field={jumpField} />
      <ToolbarGap />
      {here ? (
        <span className={styles.here} data-tip="Rows in the list now, of all records that can be read">
          {formatCount(here.rows)} of {formatCount(here.records)} here
        </span>
      ) : null}
      {follow === 'off' ? null : (
        <IconButton
          icon={isPaused ? 'play' : 'pause'}
          label={isPaused ? 'Resume where it was paused' : 'Pause; nothing is lost'}
          keys="p"
          aria-pressed={isPaused}
          onClick={onPause}
        />
      )}
    </Toolbar>
  )
}

function partitionsOf(count: number | null, chosen: number | undefined): readonly { readonly value: string; readonly label: string }[] {
  const known = Array.from({ length: count ?? 0 }, (_, partition) => partition)
  const all = chosen === undefined || known.includes(chosen) ? known : [...known, chosen]
  return all.map(partition => ({ value: String(partition), label: String(partition) }))
}

/** A position typed by hand is a third choice while it is in use. */
function StartChoice({ place }: { readonly place: TopicPlace }) {
  const { at } = scopeOf(place)
  const now = useNow(false)
  const here = at.is === 'offset' ? `offset ${at.offset}` : at.is === 'time' ? formatTime(at.timestamp, now) : null
  const value = here === null ? at.is : 'here'
  return (
    <Select
      lead={<span className={styles.wide}>From</span>}
      aria-label="From"
      value={value}
      options={[
        { value: 'end', label: 'end, newest first' },
        { value: 'start', label: 'start, oldest first' },
        ...(here === null ? [] : [{ value: 'here', label: here }]),
      ]}
      onChange={next => {
        if (next === 'start' || next === 'end') goTo(placeOfJump(place, { is: next }), 'replace')
      }}
    />
  )
}

function JumpField({
  place,
  partitionCount,
  endOffset,
  field,
}: {
  readonly place: TopicPlace
  readonly partitionCount: number | null
  readonly endOffset: bigint | null
  readonly field: Ref<HTMLInputElement>
}) {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const change = (text: string): void => {
    setTyped(text)
    setProblem(null)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      change('')
      event.currentTarget.blur()
      return
    }
    if (event.key !== 'Enter') return
    const jump = parseJump(typed, { now: Date.now(), endOffset, partitionCount })
    if (jump.is === 'wrong') return setProblem(jump.reason)
    goTo(placeOfJump(place, jump))
    change('')
    event.currentTarget.blur()
  }
  return (
    <>
      <Input
        ref={field}
        className={styles.jump ?? ''}
        lead={<span className={styles.wide}>Jump to</span>}
        placeholder="offset, 14:02, -15m"
        aria-label="Jump to an offset or time"
        isMono
        trail={<Kbd>o</Kbd>}
        value={typed}
        onChange={change}
        onKeyDown={onKeyDown}
        isWrong={problem !== null}
        aria-describedby="jump-problem"
      />
      <span id="jump-problem" className={styles.problem} role="alert" data-tip={problem ?? undefined}>
        {problem}
      </span>
    </>
  )
}
