/** What a page of the app may and may not do: it stays on its own origin, opens nothing, is asked for nothing, and may copy to the clipboard. */

import { app, shell, type Session, type WebContents } from 'electron'
import { WINDOW_ORIGIN } from './window-url.ts'

/** Links the window may hand to the user's browser. */
const externalOrigins: ReadonlySet<string> = new Set(['https://kafka.apache.org', 'https://cwiki.apache.org', 'https://github.com'])
/** navigator.clipboard.writeText: the copy buttons. */
const permissionsGranted: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** The origin of the window's page: our own scheme, or in development the address of the development server. */
export function pageOrigin(): string {
  const developed = app.isPackaged ? undefined : process.env['MILLRACE_WINDOW_URL']
  return developed === undefined ? WINDOW_ORIGIN : new URL(developed).origin
}

/** Whether a frame's URL is the window's own page. */
export function isOurPage(url: string): boolean {
  return url === pageOrigin() || url.startsWith(`${pageOrigin()}/`)
}

export function isExternalLinkAllowed(url: string): boolean {
  return URL.canParse(url) && externalOrigins.has(new URL(url).origin)
}

/** For every web contents there will ever be, whoever makes it. */
export function restrictContents(contents: WebContents): void {
  contents.on('will-navigate', event => { if (!isOurPage(event.url)) event.preventDefault() })
  contents.on('will-redirect', event => { if (!isOurPage(event.url)) event.preventDefault() })
  contents.on('will-attach-webview', event => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (isExternalLinkAllowed(url)) void shell.openExternal(url)
    return { action: 'deny' }
  })
}

export function restrictSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permissionsGranted.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => permissionsGranted.has(permission))
  session.setDevicePermissionHandler(() => false)
}
