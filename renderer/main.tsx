/** Starts the window: settings, place, connection, then the first render. */

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './ui/tokens.css'
import './ui/base.css'
import { App } from './app.tsx'
import { startShortcuts } from './commands.ts'
import { startNavigation } from './navigation.ts'
import { startSettings } from './settings.ts'
import { StudioLink } from './studio/connect.ts'
import { StudioProvider } from './studio/context.tsx'
import { LiveStores } from './studio/live.ts'
import { chooseTransport } from './studio/transport.ts'

startSettings()
startNavigation()
startShortcuts()

const link = new StudioLink(chooseTransport())
const stores = new LiveStores(link)
link.start()

const root = document.querySelector('#window')
if (!root) throw new Error('index.html has no #window')
createRoot(root).render(
  <StrictMode>
    <StudioProvider studio={{ link, stores }}>
      <App />
    </StudioProvider>
  </StrictMode>,
)
