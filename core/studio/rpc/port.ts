/** What messages travel over: the same small interface for a MessagePort (window, worker, test) and a WebSocket (web page, headless). */

/** Delivers whole messages in order. After a close, of either side, nothing is delivered and `post` does nothing. */
export type Port = {
  post(bytes: Uint8Array): void
  /** One handler; messages that arrive earlier wait for it. */
  onMessage(handler: (bytes: Uint8Array) => void): void
  /** Any number of handlers, each called once; at once (in a microtask) when the port is closed already. */
  onClose(handler: () => void): void
  close(): void
}

/** The part of MessagePort that the DOM's and Node's have in common. */
export type MessagePortLike = {
  postMessage(message: any): void
  addEventListener(type: string, listener: (event: any) => void): void
  start(): void
  close(): void
}

/** The part of WebSocket that the DOM's and ws's have in common. */
export type WebSocketLike = {
  binaryType: any
  readonly readyState: number
  send(bytes: any): void
  addEventListener(type: any, listener: (event: any) => void): void
  close(code?: number, reason?: string): void
}

/** A port over a MessagePort of the DOM or of node:worker_threads. */
export function messagePortPort(channel: MessagePortLike): Port {
  const closing = closeList()
  channel.addEventListener('close', closing.close)
  channel.addEventListener('messageerror', () => { channel.close(); closing.close() })
  return {
    post: bytes => { if (!closing.isClosed()) channel.postMessage(bytes) },
    onMessage(handler) {
      channel.addEventListener('message', event => { if (!closing.isClosed()) handler(asBytes(event.data)) })
      channel.start()
    },
    onClose: closing.onClose,
    close() { channel.close(); closing.close() },
  }
}

/** A port over a WebSocket, open or still connecting: what is posted before it opens waits. */
export function webSocketPort(socket: WebSocketLike): Port {
  const closing = closeList()
  let waiting: Uint8Array[] | null = socket.readyState === 0 ? [] : null
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => {
    for (const bytes of waiting ?? []) socket.send(bytes)
    waiting = null
  })
  socket.addEventListener('close', closing.close)
  socket.addEventListener('error', () => { socket.close(); closing.close() })
  return {
    post(bytes) {
      if (closing.isClosed()) return
      if (waiting) waiting.push(bytes)
      else if (socket.readyState === 1) socket.send(bytes)
    },
    onMessage(handler) {
      socket.addEventListener('message', event => { if (!closing.isClosed()) handler(asBytes(event.data)) })
    },
    onClose: closing.onClose,
    close() { socket.close(); closing.close() },
  }
}

function closeList(): { isClosed(): boolean; close(): void; onClose(handler: () => void): void } {
  let closed = false
  let handlers: (() => void)[] = []
  return {
    isClosed: () => closed,
    close() {
      if (closed) return
      closed = true
      const waiting = handlers
      handlers = []
      for (const handler of waiting) handler()
    },
    onClose(handler) {
      if (closed) queueMicrotask(handler)
      else handlers.push(handler)
    },
  }
}

/** Anything that is not bytes becomes an empty message, which no decoder accepts: the reader closes the port. */
function asBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return new Uint8Array(0)
}
