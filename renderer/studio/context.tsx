/** Gives the components of a window its connection and its live stores. */

import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react'
import type { Connection, StudioClient, StudioLink } from './connect.ts'
import type { LiveStores } from './live.ts'

export type Studio = { readonly link: StudioLink; readonly stores: LiveStores }

const StudioContext = createContext<Studio | null>(null)

export function StudioProvider({ studio, children }: { readonly studio: Studio; readonly children: ReactNode }) {
  return <StudioContext value={studio}>{children}</StudioContext>
}

export function useStudio(): Studio {
  const studio = useContext(StudioContext)
  if (!studio) throw new Error('useStudio outside StudioProvider')
  return studio
}

export function useConnection(): Connection {
  const { link } = useStudio()
  return useSyncExternalStore(link.subscribe, () => link.state)
}

/** The client while connected, else null: for streams a screen reads in its own way, as a live tail. */
export function useClient(): StudioClient | null {
  const connection = useConnection()
  return connection.is === 'connected' ? connection.client : null
}
