/** The app's start: one per data folder, the engine first, then its window. */

import { app, BrowserWindow, dialog, session } from 'electron'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../core/common/clock.ts'
import { createLogger } from '../../core/common/logger.ts'
import { declareScheme, serveWindow } from './app-protocol.ts'
import { EngineHost, EngineRefused } from './engine-host.ts'
import { installMenu } from './menu.ts'
import { SettingsFile } from './settings.ts'
import { offerStudioPorts } from './studio-port.ts'
import { restrictContents, restrictSession } from './trust.ts'
import { openWindow, showWindow } from './windows.ts'

const write = (line: string): void => void process.stdout.write(`${line}\n`)
const logger = createLogger(write, { now: systemClock.now })

/** Ended because the engine cannot start as things are, and that was said; build/start.mjs knows this code. */
const EXIT_REFUSED = 2

// `userData` holds the settings and, in `local`, the broker's data: Electron's lock on it is the lock of the data folder between apps.
if (app.requestSingleInstanceLock()) {
  start()
} else {
  write(`Millrace is running on ${app.getPath('userData')} already; its window was brought to the front.`)
  app.quit()
}

function start(): void {
  const settings = new SettingsFile(join(app.getPath('userData'), 'settings.json'))
  const dataFolder = join(app.getPath('userData'), 'local')
  const engine = new EngineHost({ dataFolder, settings, logger, write, version: app.getVersion(), wantedPort: portSwitch(), onLost: refuse })
  declareScheme()
  app.on('web-contents-created', (_event, contents) => restrictContents(contents))
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window) showWindow(window)
  })
  app.on('window-all-closed', () => app.quit())
  stopBeforeQuit(engine)
  // The engine needs nothing of Chromium: it listens while the window is still being made.
  engine.start().then(tellReady).catch(refuse)
  // Never awaited at the top level: 'ready' comes only after this module has ended.
  app.whenReady().then(() => show(settings, dataFolder, engine)).catch(refuse)
}

function show(settings: SettingsFile, dataFolder: string, engine: EngineHost): void {
  restrictSession(session.defaultSession)
  serveWindow(join(import.meta.dirname, '../window'))
  installMenu(dataFolder)
  offerStudioPorts(() => engine.connect())
  openWindow(settings)
  app.on('activate', () => { if (BrowserWindow.getAllWindows().length === 0) openWindow(settings) })
}

/** `--port=N` takes another port than the usual one; 0 takes any. */
function portSwitch(): number | undefined {
  const given = app.commandLine.getSwitchValue('port')
  return /^\d{1,5}$/.test(given) ? Number(given) : undefined
}

/** `--ready-file=FILE`, as `millrace serve` has it: the addresses, one a line, once clients can connect. */
function tellReady(addresses: readonly string[]): void {
  write(`Millrace listens on ${addresses.join(', ')}`)
  const path = app.commandLine.getSwitchValue('ready-file')
  if (path === '') return
  writeFileSync(`${path}.new`, `${addresses.join('\n')}\n`)
  renameSync(`${path}.new`, path)
}

/** The first quit waits for the engine's clean stop, the second one is let through. */
function stopBeforeQuit(engine: EngineHost): void {
  let isStopped = false
  app.on('will-quit', event => {
    if (isStopped) return
    event.preventDefault()
    engine.stop().finally(() => {
      isStopped = true
      app.quit()
    })
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => app.quit())
}

function refuse(reason: unknown): void {
  const sentence = reason instanceof EngineRefused ? reason.message : reason instanceof Error ? reason.stack ?? reason.message : String(reason)
  process.stderr.write(`${sentence}\n`)
  // A native dialog crashes where Chromium has no display to put it on.
  if (app.commandLine.getSwitchValue('ozone-platform') !== 'headless') dialog.showErrorBox('Millrace cannot start', sentence)
  app.exit(reason instanceof EngineRefused ? EXIT_REFUSED : 1)
}
