/** What can be done with a record: its context menu, and copies of it. */

import { useMemo } from 'react'
import type { MessageRow } from '../../../core/studio/contract/messages.ts'
import { isMac } from '../../commands.ts'
import { hexOf } from '../../format/hex.ts'
import { printKeys } from '../../keys.ts'
import { goTo } from '../../navigation.ts'
import { linkOf } from '../../places.ts'
import { useStudio } from '../../studio/context.tsx'
import { settle } from '../../studio/use-call.ts'
import { copyText } from '../../ui/copy-button.tsx'
import type { MenuItem } from '../../ui/menu.tsx'
import { showToast } from '../../ui/toast.tsx'
import { copyCell } from './cell-text.ts'
import { placeInPartition, placeOfJump, type TopicPlace } from './messages-scope.ts'
import { recordJson } from './record-copy.ts'
import { WHOLE_BYTES_MAX } from './use-record.ts'

export type RecordCopies = {
  /** Records as lines of JSON, each read whole. */
  readonly json: (rows: readonly MessageRow[]) => Promise<void>
  readonly value: (row: MessageRow) => Promise<void>
  readonly key: (row: MessageRow) => Promise<void>
}

/** More are copied as what the list shows of them (⌘C). */
export const COPIED_WHOLE_MAX = 200

export function useRecordCopies(topic: string): RecordCopies {
  const { link } = useStudio()
  return useMemo(() => {
    const read = async (row: MessageRow) => {
      const connection = link.state
      if (connection.is !== 'connected') return null
      const result = await settle(
        connection.client.messages.record({ topic, partition: row.partition, offset: row.offset, bytesMax: WHOLE_BYTES_MAX }),
      )
      if (!result.ok) showToast({ text: result.failure.message })
      return result.ok ? result.output : null
    }
    const payload = async (row: MessageRow, which: 'key' | 'value'): Promise<void> => {
      const detail = await read(row)
      const bytes = detail?.[which === 'key' ? 'keyBytes' : 'valueBytes']
      if (!bytes) return
      await copyText(row[which].is === 'hex' ? hexOf(bytes, ' ') : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
      showToast({ text: `The ${which} of ${topic}-${row.partition} @ ${row.offset} is copied` })
    }
    return {
      async json(rows) {
        const lines: string[] = []
        for (const row of rows.slice(0, COPIED_WHOLE_MAX)) {
          const detail = await read(row)
          if (detail) lines.push(recordJson(topic, detail))
        }
        if (lines.length === 0) return
        await copyText(lines.join('\n'))
        const cut = rows.length > COPIED_WHOLE_MAX ? ` of ${rows.length}, the most at once` : ''
        showToast({
          text: lines.length === 1 ? 'The record is copied as JSON' : `${lines.length} records${cut} are copied, one line of JSON each`,
        })
      },
      value: row => payload(row, 'value'),
      key: row => payload(row, 'key'),
    }
  }, [link, topic])
}

export function recordMenu({
  place,
  row,
  copies,
}: {
  readonly place: TopicPlace
  readonly row: MessageRow
  readonly copies: RecordCopies
}): readonly MenuItem[] {
  const here = { ...place, partition: row.partition, offset: String(row.offset) }
  return [
    {
      is: 'item',
      id: 'from',
      label: 'Read on from here',
      icon: 'forward',
      run: () => goTo(placeOfJump(place, { is: 'offset', offset: row.offset, partition: row.partition })),
    },
    {
      is: 'item',
      id: 'time',
      label: 'All partitions at this time',
      icon: 'topics',
      disabledReason: row.timestamp < 0n ? 'It has no time' : null,
      run: () => goTo(placeOfJump(placeInPartition(place, null), { is: 'time', timestamp: row.timestamp })),
    },
    {
      is: 'item',
      id: 'partition',
      label: `Only partition ${row.partition}`,
      icon: 'filter',
      disabledReason: place.partition === undefined ? null : 'Only this one is read already',
      run: () => goTo(placeInPartition(place, row.partition)),
    },
    { is: 'line' },
    {
      is: 'item',
      id: 'json',
      label: 'Copy as JSON',
      icon: 'copy',
      keys: printKeys('mod+shift+c', isMac),
      run: () => void copies.json([row]),
    },
    {
      is: 'item',
      id: 'value',
      label: 'Copy value',
      icon: 'copy',
      disabledReason: row.value.is === 'null' ? 'It has none' : null,
      run: () => void copies.value(row),
    },
    {
      is: 'item',
      id: 'key',
      label: 'Copy key',
      icon: 'key',
      disabledReason: row.key.is === 'null' ? 'It has none' : null,
      run: () => void (row.key.is === 'text' && row.key.restBytes === 0 ? copyText(copyCell(row.key)) : copies.key(row)),
    },
    { is: 'item', id: 'link', label: 'Copy link', icon: 'copy', run: () => void copyText(linkOf(here)) },
  ]
}
