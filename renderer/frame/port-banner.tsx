/** Said as long as the broker runs on another port than the wanted one: who holds it, where we are. */

import type { LocalStatus } from '../../core/studio/contract/local.ts'
import { Banner } from '../ui/banner.tsx'
import { CopyButton } from '../ui/copy-button.tsx'

export function PortBanner({ status }: { readonly status: LocalStatus }) {
  const { portTaken, address } = status
  if (!portTaken) return null
  const holder = portTaken.holder ? `taken by ${portTaken.holder}` : 'taken by another program'
  return (
    <Banner
      tone="warn"
      action={
        <CopyButton text={address} label="Copy address">
          Copy {address}
        </CopyButton>
      }
    >
      Port {portTaken.wanted} is {holder}, so Local listens on port {portTaken.used}. Clients set to {portTaken.wanted} reach the other
      program.
    </Banner>
  )
}
