/** Takes a broker down after a dialog that says what happens; the toast brings it back. */

import { useState } from 'react'
import type { BrokerRow } from '../../../core/studio/contract/brokers.ts'
import { useCall } from '../../studio/use-call.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox } from '../../ui/input.tsx'
import { showToast } from '../../ui/toast.tsx'
import { consequences } from './brokers-state.ts'
import styles from './brokers-page.module.css'

type StopBrokerProps = { readonly broker: BrokerRow; readonly onClose: () => void; readonly onStart: (row: BrokerRow) => void }

export function StopBroker({ broker, onClose, onStart }: StopBrokerProps) {
  const stop = useCall(client => client.brokers.stop)
  const [isAbrupt, setAbrupt] = useState(false)
  const isBusy = stop.state.is === 'busy'
  const confirm = async (): Promise<void> => {
    const result = await stop.run({ id: broker.id, isAbrupt })
    if (!result.ok) return
    onClose()
    showToast({ text: `Broker ${broker.id} is down`, action: { label: 'Start it again', run: () => onStart(broker) } })
  }
  return (
    <Dialog
      title={`Stop broker ${broker.id}?`}
      onClose={onClose}
      onSubmit={() => !isBusy && void confirm()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isBusy={isBusy}>
            Stop broker {broker.id}
          </Button>
        </>
      }
    >
      <ul className={styles.consequences}>
        {consequences(broker).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Checkbox isOn={isAbrupt} onChange={setAbrupt} tip="Otherwise others lead before its connections end, as in Kafka’s controlled shutdown">
        As if it died: connections end first, without answers
      </Checkbox>
      {stop.state.is === 'failed' ? <ErrorNote title={`Broker ${broker.id} was not stopped`} failure={stop.state.failure} /> : null}
    </Dialog>
  )
}
