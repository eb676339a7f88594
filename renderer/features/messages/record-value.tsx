/** The value of a record: a tree, text or nothing, its facts, and its bytes; what is picked in one lights up in the other. */

import { useMemo, useState } from 'react'
import type { MessageDetail } from '../../../core/studio/contract/messages.ts'
import { formatCount, formatExactBytes } from '../../format/figures.ts'
import type { ByteRange } from '../../format/hex.ts'
import { readJson, type JsonValue } from '../../format/json.ts'
import { Button } from '../../ui/button.tsx'
import { text as textClass } from '../../ui/text.tsx'
import { HexView } from './hex-view.tsx'
import { JsonTree } from './json-tree.tsx'
import { bytesOf, characterAt, lineAt, pathOf, type TreeLine } from './json-tree-state.ts'
import { RecordFacts } from './record-facts.tsx'
import { TextView } from './text-view.tsx'
import { WHOLE_BYTES_MAX } from './use-record.ts'
import styles from './record-value.module.css'

/** Characters a tree is made of at most: above it the text has everything, and the tree its beginning. */
const TREE_CHARACTERS_MAX = 1024 * 1024

type Shown = { readonly id: string | null; readonly mark: ByteRange | null; readonly toggled: ReadonlySet<string> }
export type ValueView = 'tree' | 'text'

const NOTHING_PICKED: Shown = { id: null, mark: null, toggled: new Set() }

export function RecordValue({
  topic,
  detail,
  view,
  onWhole,
}: {
  readonly topic: string
  readonly detail: MessageDetail
  /** Of JSON: as a tree, or the text as it was written. */
  readonly view: ValueView
  readonly onWhole: () => void
}) {
  const [picked, setPicked] = useState<{ readonly of: MessageDetail; readonly shown: Shown }>({ of: detail, shown: NOTHING_PICKED })
  const decoded = useMemo(() => decodeValue(detail), [detail])
  const shown = picked.of === detail ? picked.shown : { ...NOTHING_PICKED, toggled: picked.shown.toggled }
  const pick = (next: Partial<Shown>): void => setPicked({ of: detail, shown: { ...shown, ...next } })
  const pickLine = (line: TreeLine): void => pick({ id: line.id, mark: bytesOf(decoded.text, line.value) })
  const pickByte = (at: number): void => {
    const found = decoded.root && detail.valueBytes ? lineAt(decoded.root, characterAt(detail.valueBytes, at)) : null
    if (!found || !decoded.root) return pick({ id: null, mark: { from: at, to: at + 1 } })
    pick({ id: found.id, mark: bytesOf(decoded.text, valueAt(decoded.root, found.id)) })
  }
  const { valueBytes } = detail
  return (
    <div className={styles.value}>
      <section className={styles.decoded} aria-label="Decoded value">
        {decoded.root && view === 'tree' ? (
          <JsonTree
            root={decoded.root}
            source={decoded.text}
            selectedId={shown.id}
            toggled={shown.toggled}
            onSelect={pickLine}
            onToggle={ids => pick({ toggled: toggle(shown.toggled, ids) })}
          />
        ) : (
          <Plain detail={detail} text={decoded.text} />
        )}
        <Rest detail={detail} onWhole={onWhole} />
      </section>
      <RecordFacts topic={topic} detail={detail} />
      {valueBytes && valueBytes.length > 0 ? (
        <section className={styles.bytes} aria-label="Bytes of the value">
          <div className={styles.bytesHead}>
            <h2 className={styles.title}>Bytes</h2>
            <span className={textClass['t3']}>
              value,{' '}
              {valueBytes.length < detail.valueSizeBytes
                ? `${formatCount(valueBytes.length)} of ${formatExactBytes(detail.valueSizeBytes)}`
                : formatExactBytes(valueBytes.length)}
              {shown.mark
                ? ` · ${decoded.root && shown.id !== null ? pathOf(decoded.root, shown.id) : 'byte'} at 0x${shown.mark.from.toString(16)}`
                : ''}
            </span>
          </div>
          <HexView bytes={valueBytes} mark={shown.mark} onPick={pickByte} label="Value as hex" />
        </section>
      ) : null}
    </div>
  )
}

function Plain({ detail, text }: { readonly detail: MessageDetail; readonly text: string }) {
  const { row, valueBytes } = detail
  if (row.value.is === 'failed') return <p className={styles.failed}>The batch cannot be opened: {row.value.reason}</p>
  if (valueBytes === null) {
    return (
      <p className={styles.note}>
        <b className={styles.word}>{row.key.is === 'null' ? 'null' : '∅ tombstone'}</b>
        {row.key.is === 'null' ? 'No value, and no key.' : 'No value: compaction removes this key.'}
      </p>
    )
  }
  if (valueBytes.length === 0)
    return (
      <p className={styles.note}>
        <b>0 B</b>An empty value, which is not the same as none.
      </p>
    )
  if (row.value.is === 'hex') return <p className={styles.note}>Not text, and no decoder knows it: only its bytes can be shown.</p>
  return <TextView text={text} label="Value as text" />
}

/** What is not here of a long value. */
function Rest({ detail, onWhole }: { readonly detail: MessageDetail; readonly onWhole: () => void }) {
  const { valueBytes, valueSizeBytes } = detail
  const size = valueBytes?.length ?? 0
  if (size >= valueSizeBytes) return null
  const isLast = size >= WHOLE_BYTES_MAX
  return (
    <div className={styles.rest}>
      <span>
        The first {formatCount(size)} of {formatExactBytes(valueSizeBytes)}
        {isLast ? ': more than the window takes' : ''}
      </span>
      {isLast ? null : (
        <Button size="small" onClick={onWhole}>
          Decode {valueSizeBytes > WHOLE_BYTES_MAX ? formatExactBytes(WHOLE_BYTES_MAX) : `all ${formatExactBytes(valueSizeBytes)}`}
        </Button>
      )}
    </div>
  )
}

type Decoded = { readonly text: string; readonly root: JsonValue | null }

function decodeValue({ row, valueBytes, valueSizeBytes }: MessageDetail): Decoded {
  if (valueBytes === null || (row.value.is !== 'json' && row.value.is !== 'text')) return { text: '', root: null }
  const isCut = valueBytes.length < valueSizeBytes
  // A character cut in two at the end is left out, not shown as a replacement.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(valueBytes, { stream: isCut })
  if (row.value.is !== 'json') return { text, root: null }
  const read = readJson(text.slice(0, TREE_CHARACTERS_MAX), { isCut: isCut || text.length > TREE_CHARACTERS_MAX })
  return { text, root: read.is === 'read' ? read.value : null }
}

function valueAt(root: JsonValue, id: string): JsonValue {
  return id
    .split('.')
    .map(Number)
    .reduce(
      (value, index) =>
        (value.is === 'object' ? value.entries[index]?.value : value.is === 'array' ? value.items[index] : undefined) ?? value,
      root,
    )
}

function toggle(toggled: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const next = new Set(toggled)
  for (const id of ids) if (!next.delete(id)) next.add(id)
  return next
}
