/** All that a page of the app is given: it may ask for a port to the engine, which then arrives as a message event of its own window. */

import { contextBridge, ipcRenderer } from 'electron'

// A MessagePort cannot pass the context bridge as a value, so it travels as a message to the page, and to nobody else.
ipcRenderer.on('studio-port', event => {
  window.postMessage({ is: 'studio-port' }, window.location.origin, event.ports)
})

contextBridge.exposeInMainWorld('millrace', { requestPort: (): void => ipcRenderer.send('studio-port') })
