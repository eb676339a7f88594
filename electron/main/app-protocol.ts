/** The window's files under a scheme of its own, so that the page has a real origin: `app://millrace/`, read from dist/window and nowhere else. */

import { net, protocol } from 'electron'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { fileOf, SCHEME } from './window-url.ts'

/** Also in the page itself as a meta element; here it adds what a meta element may not say. */
const contentSecurityPolicy = "frame-ancestors 'none'; object-src 'none'"

/** Before the app is ready: gives the scheme the rights of https. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
}

/** Serves `folder`. Anything outside it, and anything but reading, is refused. */
export function serveWindow(folder: string): void {
  protocol.handle(SCHEME, async request => {
    const path = fileOf(folder, request.url)
    if (request.method !== 'GET' || path === undefined || !existsSync(path)) return new Response('not found', { status: 404 })
    const answer = await net.fetch(pathToFileURL(path).href)
    const headers = new Headers(answer.headers)
    headers.set('content-security-policy', contentSecurityPolicy)
    headers.set('x-content-type-options', 'nosniff')
    return new Response(answer.body, { status: answer.status, headers })
  })
}
