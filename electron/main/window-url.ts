/** The window's address in the app, and which file of it a URL names. */

import { join, normalize, sep } from 'node:path'

export const SCHEME = 'app'
export const WINDOW_ORIGIN = `${SCHEME}://millrace`

/** The file of `folder` that a URL of ours names; undefined for any other URL, and for one that leads out of the folder. */
export function fileOf(folder: string, url: string): string | undefined {
  const { protocol, host, pathname } = new URL(url)
  if (`${protocol}//${host}` !== WINDOW_ORIGIN) return undefined
  const path = normalize(join(folder, decoded(pathname === '/' ? '/index.html' : pathname)))
  return path.startsWith(`${normalize(folder)}${sep}`) ? path : undefined
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname // A stray percent sign: a name no file of ours has.
  }
}
