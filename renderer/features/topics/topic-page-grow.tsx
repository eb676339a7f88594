/** Adds partitions: says which keys move. */

import { useState } from 'react'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { plural } from '../../format/figures.ts'
import { useCall } from '../../studio/use-call.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Field, Input } from '../../ui/input.tsx'
import { showToast } from '../../ui/toast.tsx'
import { growProblem } from './topic-page-state.ts'

export function GrowTopic({ topic, onClose }: { readonly topic: TopicRow; readonly onClose: () => void }) {
  const [total, setTotal] = useState(String(topic.partitionCount + 1))
  const grow = useCall(client => client.topics.addPartitions)
  const problem = growProblem(total, topic.partitionCount)
  const submit = async (): Promise<void> => {
    if (problem) return
    const result = await grow.run({ topic: topic.topic, total: Number(total) })
    if (!result.ok) return
    onClose()
    showToast({ text: `${topic.topic} has ${plural(Number(total), 'partition')} now` })
  }
  return (
    <Dialog
      title={`Add partitions to ${topic.topic}`}
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={grow.state.is === 'busy'} disabledReason={problem}>
            Add partitions
          </Button>
        </>
      }
    >
      <p>
        It has <b>{plural(topic.partitionCount, 'partition')}</b>. Records stay where they are, but the partition of a key is its hash
        modulo the count: from now on most keys go to another one, so the order of a key’s old and new records is no longer kept. This
        cannot be undone.
      </p>
      <Field label="Partitions in all" error={problem}>
        {control => (
          <Input
            {...control}
            value={total}
            onChange={value => {
              setTotal(value)
              grow.reset()
            }}
            isWrong={problem !== null}
            inputMode="numeric"
          />
        )}
      </Field>
      {grow.state.is === 'failed' ? <ErrorNote title="No partition was added" failure={grow.state.failure} /> : null}
    </Dialog>
  )
}
