/** The built window's files, answered over HTTP: only what lies in its folder, each with its type and the headers that keep the page to itself. */

import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Disk } from '../common/disk.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
}

/** Names as the bundler writes them; no hidden files, no way up. */
const FILE_PATH = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/** Sent with every answer. Scripts and styles come from this origin only, as do connections; nobody may frame the page. */
export function securityHeaders(host: string): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
      `connect-src 'self' ws://${host}`, "worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
}

/** The file a request path names, with its headers; undefined when there is none. */
export async function windowFile(disk: Disk, folder: string, path: string): Promise<{ content: Buffer; headers: Record<string, string> } | undefined> {
  const name = path === '/' ? '/index.html' : path
  if (!FILE_PATH.test(name)) return undefined
  const content = await disk.readSmall(join(folder, name)).catch((cause: unknown) => {
    // A folder, or a path through a file: not found, as far as a browser is concerned.
    if (['EISDIR', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined
    throw cause
  })
  if (!content) return undefined
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  // The bundler names files in assets/ by their content.
  const isLasting = name.startsWith('/assets/')
  return { content, headers: { 'Content-Type': type, 'Cache-Control': isLasting ? 'private, max-age=31536000, immutable' : 'no-store' } }
}

/** A page of one sentence: what is missing, and what to do. */
export function sendPage(response: ServerResponse, status: number, title: string, text: string): void {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1><p>${escaped(text)}</p></html>\n`
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(page)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
