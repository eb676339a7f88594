/** New topic: name with live check, partitions, how long records stay, compact or delete. */

import { useState } from 'react'
import { plural } from '../../format/figures.ts'
import { goTo } from '../../navigation.ts'
import { statusStream } from '../../studio/streams.ts'
import { useCall } from '../../studio/use-call.ts'
import { useStreamSlice } from '../../studio/use-stream.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Field, Input } from '../../ui/input.tsx'
import { Select } from '../../ui/select.tsx'
import { showToast } from '../../ui/toast.tsx'
import { createInput, nameProblem as checkName, partitionsProblem as checkPartitions } from './topics-state.ts'
import type { Cleanup, Keep, NewTopic } from './topics-state.ts'
import styles from './create-topic.module.css'

const keeps: readonly { readonly value: Keep; readonly label: string }[] = [
  { value: '1h', label: '1 hour' },
  { value: '1d', label: '1 day' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: 'ever', label: 'For ever' },
]
const cleanups: readonly { readonly value: Cleanup; readonly label: string }[] = [
  { value: 'delete', label: 'Delete old records' },
  { value: 'compact', label: 'Compact: keep the latest per key' },
  { value: 'compact,delete', label: 'Compact, and delete old records' },
]

export function CreateTopic({ existing, onClose }: { readonly existing: ReadonlySet<string>; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<NewTopic>({ topic: '', partitions: '1', keep: '7d', cleanup: 'delete' })
  const [wasSent, setSent] = useState(false)
  const create = useCall(client => client.topics.create)
  const change = (part: Partial<NewTopic>): void => {
    setDraft({ ...draft, ...part })
    create.reset()
  }
  const problems = { name: checkName(draft.topic, existing), partitions: checkPartitions(draft.partitions) }
  // An empty name is no mistake before the first try.
  const shownNameProblem = draft.topic === '' && !wasSent ? null : problems.name
  const submit = async (): Promise<void> => {
    setSent(true)
    if (problems.name ?? problems.partitions) return
    const result = await create.run(createInput(draft))
    if (!result.ok) return
    onClose()
    showToast({
      text: `${draft.topic} created`,
      action: { label: 'Open', run: () => goTo({ at: 'topic', topic: draft.topic, tab: 'messages' }) },
    })
  }
  return (
    <Dialog
      title="New topic"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            isBusy={create.state.is === 'busy'}
            disabledReason={wasSent ? (problems.name ?? problems.partitions) : null}
          >
            Create topic
          </Button>
        </>
      }
    >
      <Fields draft={draft} nameProblem={shownNameProblem} partitionsProblem={problems.partitions} onChange={change} />
      {create.state.is === 'failed' ? <ErrorNote title={`${draft.topic} was not created`} failure={create.state.failure} /> : null}
    </Dialog>
  )
}

/** How many brokers hold each partition, where there are several. */
function Replicas({ draft, onChange }: { readonly draft: NewTopic; readonly onChange: (part: Partial<NewTopic>) => void }) {
  const brokerCount = useStreamSlice(statusStream, {}, status => status.brokerCount) ?? 1
  if (brokerCount === 1) return null
  const factors = Array.from({ length: brokerCount }, (_, index) => ({ value: String(index + 1), label: plural(index + 1, 'broker') }))
  return (
    <Field label="Replication factor" hint="Brokers that hold each partition. All share one store: it is for trying failover.">
      {control => (
        <Select
          {...control}
          value={draft.replicas ?? ''}
          options={[{ value: '', label: 'default.replication.factor' }, ...factors]}
          onChange={replicas => onChange({ replicas })}
        />
      )}
    </Field>
  )
}

function Fields({ draft, nameProblem, partitionsProblem, onChange }: {
  readonly draft: NewTopic
  readonly nameProblem: string | null
  readonly partitionsProblem: string | null
  readonly onChange: (part: Partial<NewTopic>) => void
}) {
  return (
    <>
      <Field label="Name" hint={draft.topic === '' ? 'a-z A-Z 0-9 . _ -' : 'This name is free.'} error={nameProblem}>
        {control => (
          <Input
            {...control}
            value={draft.topic}
            onChange={topic => onChange({ topic })}
            isWrong={nameProblem !== null}
            isMono
            placeholder="orders"
          />
        )}
      </Field>
      <div className={styles.pair}>
        <Field label="Partitions" hint="Can grow later, never shrink." error={partitionsProblem}>
          {control => (
            <Input
              {...control}
              value={draft.partitions}
              onChange={partitions => onChange({ partitions })}
              isWrong={partitionsProblem !== null}
              inputMode="numeric"
            />
          )}
        </Field>
        <Field
          label="Keep records"
          hint={draft.cleanup === 'compact' ? 'The latest per key stays for ever.' : 'Older ones are deleted by segment.'}
        >
          {control => (
            <Select
              {...control}
              value={draft.cleanup === 'compact' ? 'ever' : draft.keep}
              options={keeps}
              disabled={draft.cleanup === 'compact'}
              onChange={keep => onChange({ keep })}
            />
          )}
        </Field>
      </div>
      <Replicas draft={draft} onChange={onChange} />
      <Field label="Clean-up" hint="cleanup.policy">
        {control => <Select {...control} value={draft.cleanup} options={cleanups} onChange={cleanup => onChange({ cleanup })} />}
      </Field>
    </>
  )
}
