/**
 * The web side of headless mode: the built window as a page, and its WebSocket, on a loopback address only. The printed address carries a
 * random token; the page's first answer turns it into a cookie. Host and Origin must be our own.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Disk } from '../common/disk.ts'
import { HTTP_CONNECTIONS_MAX, RPC_MESSAGE_BYTES_MAX, WINDOWS_MAX } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { type Random, systemRandom } from '../common/random.ts'
import { type Port, webSocketPort } from '../studio/rpc/port.ts'
import { type Admission, admission, isLoopbackHost, targetOf } from './admission.ts'
import { securityHeaders, sendPage, windowFile } from './window-files.ts'

export type HttpOptions = {
  /** 127.0.0.1, ::1 or localhost (which binds 127.0.0.1). */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The built window: index.html and its assets. */
  readonly windowFolder: string
  /** Called with the port of each window that connects. */
  readonly serveWindow: (port: Port) => void
  /** Random by default. */
  readonly token?: string
  readonly logger: Logger
  readonly disk?: Disk
  readonly random?: Random
}

/** The path of the WebSocket. */
export const SOCKET_PATH = '/studio'
/** Bytes waiting for one window's socket; streams stop at their credit long before. */
const SOCKET_BYTES_MAX = 4 * RPC_MESSAGE_BYTES_MAX

/** `url` is the address to open, with the token. Rejects with a sentence when the host is not ours alone, or the port is taken. */
export async function startHttp(options: HttpOptions): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { host, logger } = options
  if (!isLoopbackHost(host)) {
    throw new Error(`The window is served on this machine only, not on ${host}: use --http 127.0.0.1:${options.port}, and "ssh -L" to reach it from another.`)
  }
  const token = options.token ?? (options.random ?? systemRandom).bytes(24).toString('base64url')
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 })
  server.maxConnections = HTTP_CONNECTIONS_MAX
  const bindHost = host === 'localhost' ? '127.0.0.1' : host.replace(/[[\]]/g, '')
  const port = await listen(server, bindHost, options.port)
  const door = admission(port, token)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: RPC_MESSAGE_BYTES_MAX, perMessageDeflate: false })
  server.on('request', (request, response) => void answer(request, response, { ...options, door }))
  server.on('upgrade', (request, socket, head) => upgrade({ request, socket, head }, { door, sockets, options }))
  server.on('clientError', (_error, socket) => socket.destroy())
  return {
    url: `http://${bindHost.includes(':') ? `[${bindHost}]` : bindHost}:${port}/?token=${token}`,
    async stop() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      logger.debug('the web side has stopped')
    },
  }
}

type Answering = HttpOptions & { readonly door: Admission }

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  const { door, logger } = options
  const host = door.hostOf(request)
  if (!host) return sendPage(response, 403, 'Unknown host', 'This address is not one of ours. Open the address that was printed at the start.')
  for (const [name, value] of Object.entries(securityHeaders(host))) response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendPage(response, 405, 'Not allowed', 'The window is read only with GET.')
  if (!door.hasToken(request)) {
    return sendPage(response, 403, 'Token needed', 'Open the whole address that Millrace printed when it started: it ends with ?token= and a token.')
  }
  response.setHeader('Set-Cookie', door.cookie)
  try {
    await sendFile(request, response, options)
  } catch (error) {
    logger.error('a file of the window could not be read', { path: request.url, error })
    sendPage(response, 500, 'Not readable', 'A file of the window could not be read; the log of Millrace says why.')
  }
}

async function sendFile(request: IncomingMessage, response: ServerResponse, { windowFolder, disk = nodeDisk }: Answering): Promise<void> {
  const { pathname } = targetOf(request)
  const file = await windowFile(disk, windowFolder, pathname)
  if (file) {
    response.writeHead(200, { ...file.headers, 'Content-Length': file.content.length })
    return void response.end(request.method === 'HEAD' ? undefined : file.content)
  }
  if (pathname === '/') return sendPage(response, 503, 'The window is not built', 'The broker runs. To have its window here, run "npm run build" and reload this page.')
  sendPage(response, 404, 'Not found', 'There is nothing at this address.')
}

type Upgrade = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }

function upgrade({ request, socket, head }: Upgrade, parts: { door: Admission; sockets: WebSocketServer; options: HttpOptions }): void {
  const { door, sockets, options: { serveWindow, logger } } = parts
  const refuse = (status: string, reason: string): void => {
    logger.warn('a WebSocket was refused', { reason, origin: request.headers.origin ?? null, host: request.headers.host ?? null })
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }
  socket.on('error', () => socket.destroy())
  if (targetOf(request).pathname !== SOCKET_PATH) return refuse('404 Not Found', 'unknown path')
  if (!door.hostOf(request) || !door.isOwnOrigin(request)) return refuse('403 Forbidden', 'it came from another page')
  if (!door.hasToken(request)) return refuse('403 Forbidden', 'no token, or a wrong one')
  if (sockets.clients.size >= WINDOWS_MAX) return refuse('503 Service Unavailable', `more than ${WINDOWS_MAX} windows`)
  ;(socket as Socket).setNoDelay(true) // an upgrade of node:http always has a net.Socket
  sockets.handleUpgrade(request, socket, head, client => serveWindow(boundedPort(client, logger)))
}

/** A window that does not read loses its socket before it costs memory; it connects again and starts from snapshots. */
function boundedPort(client: WebSocket, logger: Logger): Port {
  const port = webSocketPort(client)
  return {
    ...port,
    post(bytes) {
      if (client.bufferedAmount <= SOCKET_BYTES_MAX) return port.post(bytes)
      logger.warn('a window does not read what it asked for; its socket is closed', { waitingBytes: client.bufferedAmount })
      client.terminate()
      port.close()
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is taken by another program; choose another, or 0 for any free one' : `cannot be used (${cause.message})`
      reject(new Error(`--http ${host}:${port}: the port ${reason}.`, { cause }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port)) // listening on TCP
  })
}
