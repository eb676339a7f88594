/** How is the topic configured, and where does each value come from? */

import { useEffect } from 'react'
import type { ConfigRow } from '../../../core/studio/contract/topics.ts'
import { plural } from '../../format/figures.ts'
import { useClient } from '../../studio/context.tsx'
import { useCall } from '../../studio/use-call.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import { readableConfig, sortConfigs } from './topic-page-state.ts'
import styles from './topic-page.module.css'

const sources: Readonly<Record<ConfigRow['source'], string>> = {
  topic: 'set on the topic',
  broker: 'of the broker',
  default: 'Kafka’s default',
}

const columns: readonly Column<ConfigRow>[] = [
  {
    id: 'name',
    title: 'Name',
    width: 340,
    isMono: true,
    compare: byText(row => row.name),
    text: row => row.name,
    cell: row => <span className={row.source === 'topic' ? undefined : text['t2']}>{row.name}</span>,
  },
  {
    id: 'value',
    title: 'Value',
    width: 200,
    align: 'end',
    isMono: true,
    text: row => row.value ?? '',
    cell: row =>
      row.value === null ? <span className={text['t3']}>null</span> : row.value === '' ? <span className={text['t3']}>""</span> : row.value,
  },
  { id: 'readable', title: 'That is', width: 112, cell: row => <span className={text['t3']}>{readableConfig(row)}</span> },
  {
    id: 'source',
    title: 'Comes from',
    width: { grow: 1, min: 140 },
    text: row => row.source,
    cell: row => <span className={row.source === 'topic' ? text['accent'] : text['t3']}>{sources[row.source]}</span>,
  },
]

export function TopicConfig({ topic }: { readonly topic: string }) {
  const client = useClient()
  const { run, state } = useCall(client => client.topics.configs)
  useEffect(() => {
    if (client) void run({ topic })
  }, [client, run, topic])
  if (state.is === 'failed')
    return (
      <div className={styles.failed}>
        <ErrorNote
          title="The configuration cannot be read"
          failure={state.failure}
          action={
            <Button size="small" onClick={() => void run({ topic })}>
              Try again
            </Button>
          }
        />
      </div>
    )
  if (state.is !== 'done') return <Skeleton />
  const set = state.output.filter(row => row.source === 'topic').length
  return (
    <Table
      label="Configuration"
      rows={sortConfigs(state.output)}
      rowKey={row => row.name}
      columns={columns}
      footer={`${set === 0 ? 'Nothing' : plural(set, 'value')} ${set > 1 ? 'are' : 'is'} set on the topic itself; the rest is inherited.`}
    />
  )
}
