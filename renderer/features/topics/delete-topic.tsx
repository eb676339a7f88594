/** Deletes a topic after its name was typed: says how much goes and who reads it. */

import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatBytes, plural } from '../../format/figures.ts'
import { useCall } from '../../studio/use-call.ts'
import { TypedConfirmation } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { showToast } from '../../ui/toast.tsx'
import { describeReaders } from './topics-state.ts'

export function DeleteTopic({ topic, onClose }: { readonly topic: TopicRow; readonly onClose: () => void }) {
  const remove = useCall(client => client.topics.delete)
  const confirm = async (): Promise<void> => {
    const result = await remove.run({ topic: topic.topic })
    if (!result.ok) return
    onClose()
    showToast({ text: `${topic.topic} deleted` })
  }
  return (
    <TypedConfirmation
      title={`Delete ${topic.topic}?`}
      name={topic.topic}
      verb="Delete topic"
      isBusy={remove.state.is === 'busy'}
      onConfirm={() => void confirm()}
      onClose={onClose}
      error={remove.state.is === 'failed' ? <ErrorNote title={`${topic.topic} was not deleted`} failure={remove.state.failure} /> : null}
    >
      <p>
        <b>{plural(topic.recordCount, 'record')}</b> in {plural(topic.partitionCount, 'partition')},{' '}
        <b>{formatBytes(topic.sizeBytes)}</b>{' '}
        on Local, are gone for good. {describeReaders(topic.readBy)}
      </p>
    </TypedConfirmation>
  )
}
