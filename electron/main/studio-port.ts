/**
 * Joins a window to the engine: a MessagePort of Electron's on the page's side, one of Node's on the worker's. Bytes pass without being
 * read. Only the main frame of one of our windows, showing our own page, is given one.
 */

import { BrowserWindow, ipcMain, MessageChannelMain, type IpcMainEvent, type MessagePortMain } from 'electron'
import type { MessagePort } from 'node:worker_threads'
import { isOurPage } from './trust.ts'

/** `connect` gives a port to the engine as soon as it runs. */
export function offerStudioPorts(connect: () => Promise<MessagePort>): void {
  ipcMain.on('studio-port', event => {
    const frame = trustedFrame(event)
    if (!frame) return
    const { port1, port2 } = new MessageChannelMain()
    frame.postMessage('studio-port', null, [port2])
    void join(port1, connect())
  })
}

function trustedFrame(event: IpcMainEvent): Electron.WebFrameMain | undefined {
  const frame = event.senderFrame
  const isMainFrame = frame !== null && BrowserWindow.getAllWindows().some(window => window.webContents.mainFrame === frame)
  return isMainFrame && isOurPage(frame.url) ? frame : undefined
}

/** What the page sends before the engine is there waits in its port, which is started only then. Either end's close closes the other. */
async function join(page: MessagePortMain, connecting: Promise<MessagePort>): Promise<void> {
  let isClosed = false
  page.on('close', () => { isClosed = true })
  const engine = await connecting.catch(() => undefined) // The engine is stopping: the page learns it by the close.
  if (!engine) return page.close()
  if (isClosed) return engine.close()
  page.on('message', event => engine.postMessage(event.data))
  page.on('close', () => engine.close())
  engine.on('message', bytes => page.postMessage(bytes))
  engine.on('close', () => page.close())
  page.start()
}
