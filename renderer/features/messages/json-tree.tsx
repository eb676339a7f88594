/** A JSON value as a tree: lossless numbers, the type at the right edge, arrows and letters to move, a click lights the bytes. Virtual. */

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useId, useMemo, useRef, type KeyboardEvent } from 'react'
import type { JsonValue } from '../../format/json.ts'
import { showUnseen } from '../../format/text.ts'
import { formatTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { copyText } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Pieces } from '../../ui/pieces.tsx'
import {
  copyOf,
  previewOf,
  scalarPart,
  STRING_CHARACTERS_SHOWN,
  timeOf,
  treeLines,
  typeOf,
  type PreviewPart,
  type TreeLine,
} from './json-tree-state.ts'
import styles from './json-tree.module.css'

/** Pixels, as --lh-code. */
const LINE_HEIGHT = 18

export function JsonTree({
  root,
  source,
  selectedId,
  toggled,
  onSelect,
  onToggle,
}: {
  readonly root: JsonValue
  readonly source: string
  readonly selectedId: string | null
  readonly toggled: ReadonlySet<string>
  readonly onSelect: (line: TreeLine) => void
  readonly onToggle: (ids: readonly string[]) => void
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const lines = useMemo(() => treeLines(root, toggled), [root, toggled])
  const at = lines.findIndex(line => line.id === selectedId)
  // oxlint-disable-next-line react/incompatible-library -- the React compiler is not used, so nothing is memoised around the virtualizer
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 8,
  })
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' })
  }, [at, virtual])
  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lines[at]
    if ((event.metaKey || event.ctrlKey) && event.key === 'c' && line) void copyText(copyOf(line.value, source))
    else if (event.metaKey || event.ctrlKey || event.altKey || !moveInTree(event.key, { lines, at, onSelect, onToggle })) return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="tree"
      aria-label="Value"
      tabIndex={0}
      onKeyDown={onKeyDown}
      aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
    >
      <div className={styles.lines} role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]
          return line ? (
            <Line
              key={line.id}
              id={`${id}-${index}`}
              line={line}
              top={start}
              isSelected={index === at}
              onClick={() => {
                onSelect(line)
                if (line.isOpen !== null) onToggle([line.id])
              }}
            />
          ) : null
        })}
      </div>
    </div>
  )
}

function Line({
  id,
  line,
  top,
  isSelected,
  onClick,
}: {
  readonly id: string
  readonly line: TreeLine
  readonly top: number
  readonly isSelected: boolean
  readonly onClick: () => void
}) {
  const { depth, name, value, isOpen, setSize, position } = line
  const time = timeOf(value)
  const now = useNow(false)
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={isOpen ?? undefined}
      aria-selected={isSelected}
      aria-setsize={setSize}
      aria-posinset={position}
      className={styles.line}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onClick}
    >
      <span className={styles.indent} style={{ width: `calc(${depth} * var(--space-5))` }} />
      <span className={styles.mark}>{isOpen === null ? null : <Icon name={isOpen ? 'down' : 'right'} size="small" />}</span>
      <span className={styles.content}>
        {name === null ? null : (
          <>
            <span className={styles.name}>
              <Pieces pieces={showUnseen(String(name))} />
            </span>
            <span className={styles.dim}>: </span>
          </>
        )}
        {isOpen ? (
          <span className={styles.dim}>
            {value.is === 'array' ? `[${value.items.length}]` : value.is === 'object' ? `{${value.entries.length}}` : ''}
          </span>
        ) : (
          <Value value={value} />
        )}
      </span>
      <span className={styles.type}>{time === null ? typeOf(value) : formatTime(time, now)}</span>
    </div>
  )
}

function Value({ value }: { readonly value: JsonValue }) {
  if (value.is === 'object' || value.is === 'array') return previewOf(value).map((part, index) => <Part key={index} part={part} />)
  const rest = value.is === 'string' ? value.text.length - STRING_CHARACTERS_SHOWN : 0
  return (
    <>
      <Part part={scalarPart(value)} />
      {rest > 0 ? <span className={styles.dim}> +{rest.toLocaleString('en-US')} characters</span> : null}
    </>
  )
}

function Part({ part }: { readonly part: PreviewPart }) {
  return (
    <span className={styles[part.is]}>
      {part.is === 'string' || part.is === 'name' ? <Pieces pieces={showUnseen(part.text)} /> : part.text}
    </span>
  )
}

type Moves = {
  readonly lines: readonly TreeLine[]
  readonly at: number
  readonly onSelect: (line: TreeLine) => void
  readonly onToggle: (ids: readonly string[]) => void
}

/** Arrows, Home and End, `*` for the siblings, first letters. True when the key was used. */
function moveInTree(key: string, { lines, at, onSelect, onToggle }: Moves): boolean {
  const line = lines[at]
  const select = (next: TreeLine | undefined): boolean => {
    if (next) onSelect(next)
    return true
  }
  switch (key) {
    case 'ArrowDown':
      return select(lines[at + 1])
    case 'ArrowUp':
      return select(lines[Math.max(0, at - 1)])
    case 'Home':
      return select(lines[0])
    case 'End':
      return select(lines.at(-1))
    case 'ArrowRight':
      if (line?.isOpen === false) onToggle([line.id])
      else if (line?.isOpen) select(lines[at + 1])
      return true
    case 'ArrowLeft':
      if (line?.isOpen) onToggle([line.id])
      else if (line) select(parentOf(lines, at))
      return true
    case 'Enter':
      if (line && line.isOpen !== null) onToggle([line.id])
      return true
    case '*':
      if (line)
        onToggle(
          siblingsOf(lines, line)
            .filter(other => other.isOpen === false)
            .map(other => other.id),
        )
      return true
    default: {
      if (key.length !== 1 || !/[\p{L}\p{N}_]/u.test(key)) return false
      const next = [...lines.slice(at + 1), ...lines.slice(0, at + 1)].find(other =>
        String(other.name).toLowerCase().startsWith(key.toLowerCase()),
      )
      return next ? select(next) : false
    }
  }
}

function parentOf(lines: readonly TreeLine[], at: number): TreeLine | undefined {
  const depth = lines[at]?.depth ?? 0
  return lines.slice(0, Math.max(0, at)).findLast(line => line.depth < depth)
}

function siblingsOf(lines: readonly TreeLine[], line: TreeLine): readonly TreeLine[] {
  const prefix = line.id.slice(0, line.id.lastIndexOf('.') + 1)
  return lines.filter(other => other.depth === line.depth && other.id.startsWith(prefix))
}
