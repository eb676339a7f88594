/** Who may talk to the web side: our own names only (DNS rebinding), our own page only (Origin), and whoever has the token. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export type Admission = {
  /** The Host header when it is one of our own names, else undefined. */
  hostOf(request: IncomingMessage): string | undefined
  hasToken(request: IncomingMessage): boolean
  /** The page that opens a WebSocket is ours. */
  isOwnOrigin(request: IncomingMessage): boolean
  /** The Set-Cookie that stands for the token from now on. Cookies know no ports, so the name carries ours. */
  readonly cookie: string
}

export function admission(port: number, token: string): Admission {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  // A browser leaves out port 80.
  const hosts = new Set([...names.map(name => `${name}:${port}`), ...(port === 80 ? names : [])])
  const cookieName = `millrace-${port}`
  const expected = digest(token)
  const hostOf = (request: IncomingMessage): string | undefined => {
    const host = request.headers.host?.toLowerCase()
    return host !== undefined && hosts.has(host) ? host : undefined
  }
  return {
    hostOf,
    hasToken(request) {
      const given = [targetOf(request).searchParams.get('token'), cookieValue(request, cookieName)]
      return given.some(value => typeof value === 'string' && timingSafeEqual(digest(value), expected))
    },
    isOwnOrigin: request => request.headers.origin === `http://${hostOf(request) ?? ''}`,
    cookie: `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict`,
  }
}

/** What a request asks for, as a URL of a made-up host; a target that is none asks for nothing we have. */
export function targetOf(request: IncomingMessage): URL {
  const target = request.url ?? ''
  return new URL(target.startsWith('/') ? `http://window${target}` : 'http://window/:')
}

export function isLoopbackHost(host: string): boolean {
  return ['127.0.0.1', '::1', '[::1]', 'localhost'].includes(host)
}

/** Compared by digest: equal lengths, so the time taken tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function cookieValue(request: IncomingMessage, name: string): string | undefined {
  for (const part of request.headers.cookie?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}
