/** Deletes an empty group after its name was typed: says what is forgotten. */

import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import { plural } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'
import { useCall } from '../../studio/use-call.ts'
import { TypedConfirmation } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { showToast } from '../../ui/toast.tsx'

type DeleteGroupProps = { readonly group: GroupRow; readonly onClose: () => void; readonly onDeleted: () => void }

export function DeleteGroup({ group, onClose, onDeleted }: DeleteGroupProps) {
  const remove = useCall(client => client.groups.delete)
  const confirm = async (): Promise<void> => {
    const result = await remove.run({ group: group.group })
    if (!result.ok) return
    onDeleted()
    onClose()
    showToast({ text: `${group.group} deleted` })
  }
  return (
    <TypedConfirmation
      title={`Delete ${group.group}?`}
      name={group.group}
      verb="Delete group"
      isBusy={remove.state.is === 'busy'}
      onConfirm={() => void confirm()}
      onClose={onClose}
      error={remove.state.is === 'failed' ? <ErrorNote title={`${group.group} was not deleted`} failure={remove.state.failure} /> : null}
    >
      <p>
        Its committed offsets{group.topics.length > 0 ? <> in {plural(group.topics.length, 'topic')} ({listNames(group.topics)})</> : null}{' '}
        on Local are gone for good; no record is. A consumer that joins under this name again starts where <b>auto.offset.reset</b> says.
      </p>
    </TypedConfirmation>
  )
}
