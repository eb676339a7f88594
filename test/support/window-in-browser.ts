/// <reference lib="dom" />
/** The built window in Chromium over the engine in memory, for a file of tests; what axe says of a page. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect } from 'vitest'
import { findBrowser, launchBrowser } from './browser.ts'
import { startWindowFixture } from './window-fixture.ts'

export type Look = { readonly theme?: 'dark' | 'light'; readonly size?: readonly [width: number, height: number]; readonly path?: string }
export type Fixture = Omit<Parameters<typeof startWindowFixture>[0], 'windowFolder'>

let windowFolder = ''
let browser: Browser | undefined
let axe = ''

/** Builds the window and starts the browser before the tests of a file, and ends both after them. */
export function withWindow(): void {
  beforeAll(async () => {
    if (!findBrowser()) return
    windowFolder = await mkdtemp(join(tmpdir(), 'millrace-window-'))
    await build({ logLevel: 'error', build: { outDir: windowFolder, emptyOutDir: true, sourcemap: false } })
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    if (windowFolder) await rm(windowFolder, { recursive: true })
  })
}

/** Opens the window over a fresh fixture, runs `work`, and fails when the page threw or logged an error. */
export async function inWindow(fixture: Fixture, look: Look, work: (page: Page, engine: { stop(): Promise<void> }) => Promise<void>): Promise<void> {
  const engine = await startWindowFixture({ ...fixture, windowFolder })
  const [width, height] = look.size ?? [1440, 900]
  const context = await browser?.newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'] })
  if (!context) throw new Error('the browser did not start')
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', fault => faults.push(fault.message))
  await page.addInitScript(theme => localStorage.setItem('millrace.window', JSON.stringify({ theme })), look.theme ?? 'dark')
  try {
    await page.goto(`${engine.url}#${look.path ?? '/'}`)
    await page.getByRole('contentinfo').getByText('listening').waitFor()
    await work(page, engine)
    expect(faults).toEqual([])
  } finally {
    await context.close()
    await engine.stop()
  }
}

/** What axe finds, as lines. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const results = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run())
  return results.violations.map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`)
}
