/** The frame of the window: title bar, sidebar, the screen, status bar, and what floats over all of them. */

import { useState, type ReactNode } from 'react'
import { useConnection } from '../studio/context.tsx'
import { useSettings } from '../settings.ts'
import { Announcer } from '../ui/announcer.tsx'
import { classNames } from '../ui/class-names.ts'
import { Toasts } from '../ui/toast.tsx'
import { Tooltips } from '../ui/tooltip.tsx'
import { useFrameCommands } from './frame-commands.ts'
import { KeysDialog } from './keys-dialog.tsx'
import { LostConnection } from './lost-connection.tsx'
import { Palette } from './palette.tsx'
import { Sidebar } from './sidebar.tsx'
import { StatusBar } from './status-bar.tsx'
import { TitleBar } from './title-bar.tsx'
import styles from './frame.module.css'

type Over = 'nothing' | 'palette' | 'keys'

export function Frame({ children }: { readonly children: ReactNode }) {
  const [over, setOver] = useState<Over>('nothing')
  const { isSidebarShown } = useSettings()
  const connection = useConnection()
  const close = (): void => setOver('nothing')
  useFrameCommands(setOver)
  return (
    <div className={classNames(styles.frame, !isSidebarShown && styles.withoutSidebar)}>
      <TitleBar onPalette={() => setOver('palette')} />
      {isSidebarShown ? <Sidebar /> : null}
      <main className={styles.main}>
        <LostConnection />
        <div className={styles.screen} data-stale={connection.is === 'lost' || undefined}>
          {children}
        </div>
      </main>
      <StatusBar />
      {over === 'palette' ? <Palette onClose={close} /> : null}
      {over === 'keys' ? <KeysDialog onClose={close} /> : null}
      <Toasts />
      <Announcer />
      <Tooltips />
    </div>
  )
}
