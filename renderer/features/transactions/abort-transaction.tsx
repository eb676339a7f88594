/** Aborts an open transaction after a dialog that says what happens to its records and to its producer. */

import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { plural } from '../../format/figures.ts'
import { byTopic, formatPartitions } from '../../format/partitions.ts'
import { useCall } from '../../studio/use-call.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { showToast } from '../../ui/toast.tsx'

export function AbortTransaction({ transaction, onClose }: { readonly transaction: TransactionRow; readonly onClose: () => void }) {
  const { transactionalId, partitions, partitionCount, heldBack, producerId, producerEpoch } = transaction
  const abort = useCall(client => client.transactions.abort)
  const isBusy = abort.state.is === 'busy'
  const confirm = async (): Promise<void> => {
    const result = await abort.run({ transactionalId })
    if (!result.ok) return
    onClose()
    showToast({ text: `The transaction of ${transactionalId} is aborted` })
  }
  return (
    <Dialog
      title={`Abort the transaction of ${transactionalId}?`}
      onClose={onClose}
      onSubmit={() => !isBusy && void confirm()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isBusy={isBusy}>
            Abort transaction
          </Button>
        </>
      }
    >
      <p>
        Its records in {plural(partitionCount, 'partition')} ({formatPartitions(byTopic(partitions))}) on Local are marked as aborted: readers of
        committed records never see them, and offsets it was to commit are dropped.
        {heldBack > 0n ? ` ${plural(heldBack, 'record')} that wait behind it can be read then, its own left out.` : ''}
      </p>
      <p>
        Its producer (id {String(producerId)}, epoch {producerEpoch}) is fenced: its next write or commit fails with <b>INVALID_PRODUCER_EPOCH</b> or{' '}
        <b>PRODUCER_FENCED</b>, and it has to begin anew with initTransactions. This cannot be undone.
      </p>
      {abort.state.is === 'failed' ? <ErrorNote title="It was not aborted" failure={abort.state.failure} /> : null}
    </Dialog>
  )
}
