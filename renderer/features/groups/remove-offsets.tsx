/** Removes the committed offsets of one topic from a group after the topic's name was typed: says where its consumers start then. */

import { useState } from 'react'
import type { GroupDetail } from '../../../core/studio/contract/groups.ts'
import { plural } from '../../format/figures.ts'
import { useCall } from '../../studio/use-call.ts'
import { TypedConfirmation } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Field } from '../../ui/input.tsx'
import { Select } from '../../ui/select.tsx'
import { showToast } from '../../ui/toast.tsx'
import { removableTopics } from './groups-state.ts'

type RemoveOffsetsProps = { readonly detail: GroupDetail; readonly onClose: () => void }

export function RemoveOffsets({ detail, onClose }: RemoveOffsetsProps) {
  const { group } = detail.row
  const [topics] = useState(() => removableTopics(detail))
  const [topic, setTopic] = useState(topics[0] ?? '')
  const remove = useCall(client => client.groups.deleteOffsets)
  const count = detail.offsets.filter(row => row.topic === topic && row.committed !== null).length
  const confirm = async (): Promise<void> => {
    const result = await remove.run({ group, topic })
    if (!result.ok) return
    onClose()
    showToast({ text: `Offsets of ${plural(result.output, 'partition')} of ${topic} removed from ${group}` })
  }
  return (
    <TypedConfirmation
      key={topic}
      title={`Remove offsets from ${group}?`}
      name={topic}
      verb="Remove offsets"
      isBusy={remove.state.is === 'busy'}
      onConfirm={() => void confirm()}
      onClose={onClose}
      error={remove.state.is === 'failed' ? <ErrorNote title="Nothing was removed" failure={remove.state.failure} /> : null}
    >
      {topics.length > 1 ? (
        <Field label="Topic">
          {control => <Select {...control} value={topic} options={topics.map(value => ({ value, label: value }))} onChange={setTopic} />}
        </Field>
      ) : null}
      <p>
        What {group} has committed in {plural(count, 'partition')} of <b>{topic}</b> on Local is gone for good; no record is. Its consumers start
        there where <b>auto.offset.reset</b> says. While a member reads {topic} nothing is removed.
      </p>
    </TypedConfirmation>
  )
}
