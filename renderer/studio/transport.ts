/** How this window reaches its engine: the MessagePort the preload hands over in Electron, a WebSocket in a browser. */

import { messagePortPort, webSocketPort, type Port } from '../../core/studio/rpc/port.ts'

/** Asks for a new port. Rejects with a sentence when there is none to be had. */
export type Transport = () => Promise<Port>

const OPEN_WITHIN_MS = 10_000

/** What the preload gives a page of the app: one function, and the port it asks for arrives as a message event of the window. */
type AppBridge = { requestPort(): void }

declare global {
  // An interface merges with the DOM's own.
  interface Window {
    readonly millrace?: AppBridge
  }
}

/** The one that fits where the page runs. */
export function chooseTransport(): Transport {
  const app = window.millrace
  return app ? () => portFromPreload(app) : portFromWebSocket
}

function portFromPreload(app: AppBridge): Promise<Port> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController()
    const timer = setTimeout(() => {
      stop.abort()
      reject(new Error('The app did not hand over a port to the engine.'))
    }, OPEN_WITHIN_MS)
    window.addEventListener(
      'message',
      event => {
        const isOurs = event.source === window && typeof event.data === 'object' && event.data !== null && event.data.is === 'studio-port'
        const port = event.ports[0]
        if (!isOurs || !port) return
        clearTimeout(timer)
        stop.abort()
        resolve(messagePortPort(port))
      },
      { signal: stop.signal },
    )
    app.requestPort()
  })
}

function portFromWebSocket(): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketAddress())
    const port = webSocketPort(socket)
    const timer = setTimeout(() => socket.close(), OPEN_WITHIN_MS)
    socket.addEventListener('open', () => {
      clearTimeout(timer)
      resolve(port)
    })
    socket.addEventListener('close', () => {
      clearTimeout(timer)
      reject(new Error(`${window.location.host} does not answer; if Millrace was started again, open the address it printed.`))
    })
  })
}

/** The token of the printed address is in the page's own query (or, once the server set it, in a cookie). */
function socketAddress(): string {
  const address = new URL('studio', window.location.href)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  const token = new URLSearchParams(window.location.search).get('token')
  address.search = token ? `?token=${encodeURIComponent(token)}` : ''
  address.hash = ''
  return address.href
}
