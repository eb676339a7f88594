/** The palette: one field that goes to any thing and does any command. */

import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { isMac, useAllCommands } from '../commands.ts'
import { printKeys } from '../keys.ts'
import { goTo } from '../navigation.ts'
import { groupsStream, topicsStream } from '../studio/streams.ts'
import { useStream } from '../studio/use-stream.ts'
import { classNames } from '../ui/class-names.ts'
import { useModal } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { Kbd } from '../ui/text.tsx'
import { paletteItems, type PaletteItem } from './palette-items.ts'
import styles from './palette.module.css'

const PAGE_ITEMS = 8

const fieldProps = {
  placeholder: 'Go to a topic, group or command',
  role: 'combobox',
  'aria-label': 'Go to or do',
  'aria-expanded': true,
  'aria-autocomplete': 'list',
  spellCheck: false,
  autoComplete: 'off',
} as const

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const { items, total } = usePaletteItems(query)
  const listId = useId()
  useModal(dialog)
  const at = Math.min(chosen, items.length - 1)
  useEffect(() => {
    document.querySelector(`#${CSS.escape(`${listId}-${at}`)}`)?.scrollIntoView({ block: 'nearest' })
  }, [at, listId])
  const ask = (text: string): void => {
    setQuery(text)
    setChosen(0)
  }
  const run = (item: PaletteItem | undefined): void => {
    if (!item) return
    onClose()
    // After the dialog gave focus back, so that what the command focuses keeps it.
    requestAnimationFrame(() => (item.act.is === 'go' ? goTo(item.act.place) : item.act.command.perform()))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextItem(event.key, at, items.length)
    if (event.key === 'Enter') run(items[at])
    else if (next === undefined) return
    else setChosen(next)
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      className={styles.palette}
      aria-label="Command palette"
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      onClick={event => event.target === dialog.current && onClose()}
    >
      <div className={styles.field}>
        <Icon name="search" />
        <input
          {...fieldProps}
          value={query}
          onChange={event => ask(event.target.value)}
          onKeyDown={onKeyDown}
          aria-controls={listId}
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
        />
        <Count text={query === '' ? '' : `${items.length} of ${total}`} />
      </div>
      <div className={styles.list} role="listbox" id={listId} aria-label="Results">
        {items.map((item, index) => (
          <Item
            key={item.id}
            id={`${listId}-${index}`}
            item={item}
            isChosen={index === at}
            hasHead={item.section !== items[index - 1]?.section}
            onPoint={() => setChosen(index)}
            onRun={() => run(item)}
          />
        ))}
      </div>
      {items.length === 0 ? <p className={styles.nothing}>Nothing is called “{query}”.</p> : null}
      <Scopes />
    </dialog>
  )
}

/** Arrows go round; pages stop at the ends. */
function nextItem(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % Math.max(1, count)
    case 'ArrowUp':
      return (at - 1 + count) % Math.max(1, count)
    case 'PageDown':
      return Math.min(count - 1, at + PAGE_ITEMS)
    case 'PageUp':
      return Math.max(0, at - PAGE_ITEMS)
    default:
      return undefined
  }
}

function Count({ text }: { readonly text: string }) {
  return (
    <span className={styles.count} role="status">
      {text}
    </span>
  )
}

const scopes = [
  { mark: '>', title: 'commands' },
  { mark: '#', title: 'topics' },
  { mark: '@', title: 'groups' },
]

function Scopes() {
  return (
    <div className={styles.foot}>
      {scopes.map(({ mark, title }) => (
        <span key={mark}>
          <Kbd>{mark}</Kbd> {title}
        </span>
      ))}
    </div>
  )
}

function usePaletteItems(query: string): ReturnType<typeof paletteItems> {
  const commands = useAllCommands()
  const topics = useStream(topicsStream, {})
  const groups = useStream(groupsStream, {})
  return useMemo(
    () =>
      paletteItems(query, {
        commands,
        topics: topics.is === 'here' ? topics.value : [],
        groups: groups.is === 'here' ? groups.value : [],
      }),
    [query, commands, topics, groups],
  )
}

function Item({
  id,
  item,
  isChosen,
  hasHead,
  onPoint,
  onRun,
}: {
  readonly id: string
  readonly item: PaletteItem
  readonly isChosen: boolean
  readonly hasHead: boolean
  readonly onPoint: () => void
  readonly onRun: () => void
}) {
  return (
    <>
      {hasHead ? (
        <div className={styles.section} role="presentation">
          {item.section}
        </div>
      ) : null}
      <div id={id} role="option" aria-selected={isChosen} className={classNames(styles.item)} onPointerMove={onPoint} onClick={onRun}>
        <Icon name={item.icon} />
        <span className={styles.title}>
          <Marked text={item.title} at={item.matched} />
        </span>
        <span className={styles.note}>{item.note}</span>
        {item.keys ? <Kbd>{printKeys(item.keys, isMac)}</Kbd> : isChosen ? <Kbd>⏎</Kbd> : null}
      </div>
    </>
  )
}

function Marked({ text, at }: { readonly text: string; readonly at: readonly number[] }) {
  if (at.length === 0) return text
  const isMarked = new Set(at)
  return [...text].map((character, index) => (isMarked.has(index) ? <b key={index}>{character}</b> : <span key={index}>{character}</span>))
}
