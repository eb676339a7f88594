/** Asks before Local is opened to the network: which addresses, and what whoever reaches them can do. */

import type { ContainerAccess } from '../../../core/studio/contract/containers.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { openedBy, type WantedAddress } from './containers-state.ts'
import styles from './containers.module.css'

type OpenToContainersProps = {
  readonly wanted: WantedAddress
  readonly access: ContainerAccess
  readonly isBusy: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

export function OpenToContainers({ wanted, access, isBusy, onConfirm, onClose }: OpenToContainersProps) {
  return (
    <Dialog
      title="Open Local to containers?"
      onClose={onClose}
      onSubmit={() => !isBusy && onConfirm()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isBusy={isBusy}>
            Open
          </Button>
        </>
      }
    >
      <p>
        Not containers alone: <b>every machine that reaches one of these addresses</b> can then connect, and read, write and delete everything. Local has no authentication and no encryption.
      </p>
      <Machines addresses={openedBy(wanted.host.trim(), access)} />
      <p className={styles.note}>Programs on this computer connect as before. Switch it off and those connections end.</p>
    </Dialog>
  )
}

/** Addresses of this computer with the networks they are on. */
export function Machines({ addresses }: { readonly addresses: ContainerAccess['ownAddresses'] }) {
  if (addresses.length === 0) return <p className={styles.note}>No network is connected now; the addresses of the next one will be open.</p>
  return (
    <ul className={styles.machines} aria-label="Open addresses">
      {addresses.map(({ address, interface: network }) => (
        <li key={`${network} ${address}`}>
          <b>{address}</b> <span>{network}</span>
        </li>
      ))}
    </ul>
  )
}
