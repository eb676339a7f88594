/// <reference lib="dom" />
/** The app in real Electron: it opens, its page is shut in, and it closes cleanly. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { electronTest, launchApp, type AppUnderTest } from '../support/electron.ts'

let app: AppUnderTest
const canRun = !process.env['MILLRACE_NO_ELECTRON']

beforeAll(async () => {
  if (canRun) app = await launchApp()
})
afterAll(async () => {
  if (canRun) await app.close()
})

electronTest('the window opens on its own page', async () => {
  expect(await app.window.title()).toMatch(/Millrace/)
  expect(app.window.url()).toMatch(/^app:\/\/millrace\/index\.html/)
})

electronTest('the page has no Node and gets one function of the app', async () => {
  const seen = await app.window.evaluate(() => ({
    globals: ['require', 'process', 'module', 'Buffer'].filter(name => name in globalThis),
    given: Object.keys(Reflect.get(globalThis, 'millrace')),
  }))
  expect(seen).toEqual({ globals: [], given: ['requestPort'] })
})

electronTest('the page is isolated, sandboxed, and never given Node', async () => {
  const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
    // Electron keeps this call out of its types; it is the only way to read what a window was made with.
    const contents = BrowserWindow.getAllWindows().map(window => window.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> })
    return contents.map(each => each.getLastWebPreferences())
  })
  expect(preferences).toMatchObject([{ contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false }])
})

electronTest('the policy of the page forbids scripts that are not its own', async () => {
  const result = await app.window.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.wasRun = true'
    document.body.append(script)
    return { wasRun: 'wasRun' in globalThis, policy: document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') }
  })
  expect(result.wasRun).toBe(false)
  expect(result.policy).toMatch(/default-src 'none'; script-src 'self'/)
})

electronTest('the page can neither open a window nor go elsewhere', async () => {
  const before = app.window.url()
  expect(await app.window.evaluate(() => window.open('https://example.com/') === null)).toBe(true)
  await app.window.evaluate(() => { window.location.href = 'https://example.com/' })
  await app.window.evaluate(() => { window.location.href = 'file:///etc/passwd' })
  expect(app.window.url()).toBe(before)
  expect(app.electron.windows()).toHaveLength(1)
})

electronTest('a permission the window has no use for is refused', async () => {
  expect(await app.window.evaluate(() => Notification.requestPermission())).toBe('denied')
  expect(await app.window.evaluate(async () => (await navigator.permissions.query({ name: 'geolocation' })).state)).toBe('denied')
})

electronTest('a file outside the window is not served', async () => {
  const statuses = await app.window.evaluate(async () => {
    const ask = async (url: string): Promise<number | string> => fetch(url).then(answer => answer.status, () => 'refused')
    return [await ask('app://millrace/..%2f..%2fpackage.json'), await ask('app://millrace/no-such-file'), await ask('app://elsewhere/index.html')]
  })
  expect(statuses).toEqual([404, 404, 'refused'])
})

electronTest('a second start with the same data folder shows the first window and ends', async () => {
  const second = launchApp({ dataFolder: app.dataFolder })
  await expect(second).rejects.toThrow()
  expect(await app.window.evaluate(() => document.title)).toMatch(/Millrace/)
})

electronTest('it closes cleanly, and where the window stood is remembered', async () => {
  const { dataFolder } = app
  const process = app.electron.process()
  await app.electron.evaluate(({ app }) => app.quit())
  await app.electron.waitForEvent('close')
  expect(process.exitCode).toBe(0)
  const settings: unknown = JSON.parse(readFileSync(join(dataFolder, 'settings.json'), 'utf8'))
  expect(settings).toMatchObject({ window: { isMaximized: false, bounds: { width: 1440, height: 900 } } })
})
