/** A topic and its records in Chromium over a real broker in memory: reading both ways, following, looking into one, and what axe says. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect } from 'vitest'
import { silentLogger } from '../../core/common/logger.ts'
import { startHttp } from '../../core/headless/http.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { browserTest, findBrowser, launchBrowser } from '../support/browser.ts'
import { goToPlace } from '../support/window-drive.ts'
import { openStudio, type OpenStudio } from '../unit/studio/open-studio.ts'

const test = browserTest()
let windowFolder = ''
let browser: Browser | undefined
let axe = ''

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

type Look = { readonly theme?: 'dark' | 'light'; readonly size?: readonly [width: number, height: number] }

/** Opens the window at `path` over a broker with these topics, runs `work`, and fails when the page threw. */
async function inWindow(
  options: Look & { readonly topics: Readonly<Record<string, number>>; readonly path: string },
  prepare: (studio: OpenStudio) => void | Promise<void>,
  work: (page: Page, studio: OpenStudio) => Promise<void>,
): Promise<void> {
  const studio = await openStudio({ topics: options.topics })
  await prepare(studio)
  const http = await startHttp({
    host: '127.0.0.1',
    port: 0,
    windowFolder,
    logger: silentLogger,
    serveWindow: port => studio.studio.serve(port),
  })
  const [width, height] = options.size ?? [1440, 900]
  const context = await browser?.newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'] })
  if (!context) throw new Error('the browser did not start')
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', fault => faults.push(fault.message))
  await page.addInitScript(theme => localStorage.setItem('millrace.window', JSON.stringify({ theme })), options.theme ?? 'dark')
  try {
    await page.goto(`${http.url}#${options.path}`)
    await page.getByRole('contentinfo').getByText('listening').waitFor()
    await work(page, studio)
    expect(faults).toEqual([])
  } finally {
    await context.close()
    await http.stop()
  }
}

type Fields = {
  readonly key?: string | null
  readonly value: string | Uint8Array | null
  readonly headers?: Readonly<Record<string, string>>
}

function write({ broker }: OpenStudio, topic: string, records: readonly Fields[], partition = 0): void {
  const timestamp = Date.now()
  const bytes = (text: string | Uint8Array | null): Uint8Array | null => (typeof text === 'string' ? Buffer.from(text) : text)
  const batch = encodeBatch({
    records: records.map(({ key = null, value, headers = {} }) => ({
      key: bytes(key),
      value: bytes(value),
      timestamp,
      headers: Object.entries(headers).map(([name, text]) => ({ name, value: Buffer.from(text) })),
    })),
  })
  const appended = broker.log(topic, partition)?.append(batch)
  expect(appended?.error).toBe('NONE')
}

const order = (index: number): Fields => ({
  key: `eu-${index}`,
  value: `{"order_id":"o-${index}","amount":1249.50,"basket_id":9007199254740993,"items":[{"sku":"desk-90","qty":1}],"coupon":null}`,
  headers: { 'trace-id': '4bf92f3577b34da6', source: 'web' },
})
const orders = (from: number, to: number): Fields[] => Array.from({ length: to - from }, (_, index) => order(from + index))

const records = (page: Page) => page.getByRole('grid', { name: 'Records' })
const recordOf = (page: Page, text: string) => records(page).getByRole('row').filter({ hasText: text })
/** Offsets of the rows that are drawn, from the top down. */
const offsetsShown = (page: Page): Promise<string[]> =>
  records(page).evaluate(grid => {
    const head = grid.getBoundingClientRect().top + 26
    const rows = [...grid.querySelectorAll('[role=row]')].filter(row => row.getBoundingClientRect().top >= head - 1)
    rows.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
    return rows.map(row => row.children[2]?.textContent ?? '').filter(text => /^\d+$/.test(text))
  })

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const results = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run())
  return results.violations.map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`)
}

test('new records come in at the top; scrolled away they are counted, and a click goes back to them', async () => {
  const topics = { orders: 1 }
  await inWindow(
    { topics, path: '/topic/orders/messages' },
    studio => write(studio, 'orders', orders(0, 300)),
    async (page, studio) => {
      await recordOf(page, 'eu-299').waitFor()
      write(studio, 'orders', [order(300)])
      await recordOf(page, 'eu-300').waitFor()
      expect((await offsetsShown(page))[0]).toBe('300')

      await records(page).evaluate(grid => {
        grid.scrollTop = 2400
      })
      await page.getByText('scrolled away').waitFor()
      const before = (await offsetsShown(page))[0]
      write(studio, 'orders', orders(301, 311))
      await page.getByRole('button', { name: '10 new' }).waitFor()
      expect((await offsetsShown(page))[0]).toBe(before)

      await page.getByRole('button', { name: '10 new' }).click()
      await page.mouse.move(2, 2)
      await recordOf(page, 'eu-310').waitFor()
      expect((await offsetsShown(page))[0]).toBe('310')
    },
  )
})

test('a pause stops the list and resuming reads on from the log', async () => {
  await inWindow(
    { topics: { orders: 1 }, path: '/topic/orders/messages' },
    studio => write(studio, 'orders', orders(0, 5)),
    async (page, studio) => {
      await recordOf(page, 'eu-4').waitFor()
      await page.keyboard.press('p')
      write(studio, 'orders', orders(5, 25))
      await page.getByRole('button', { name: 'Paused · 20 new' }).waitFor()
      expect((await offsetsShown(page))[0]).toBe('4')
      await page.keyboard.press('p')
      await recordOf(page, 'eu-24').waitFor()
      expect(await offsetsShown(page)).toEqual(Array.from({ length: 25 }, (_, index) => String(24 - index)))
    },
  )
})

test('both ends of the list read on, and what is far away is let go', async () => {
  await inWindow(
    { topics: { orders: 1 }, path: '/topic/orders/messages?from=start' },
    studio => {
      for (let batch = 0; batch < 14; batch++) write(studio, 'orders', orders(batch * 500, batch * 500 + 500))
    },
    async page => {
      await recordOf(page, 'eu-0').first().waitFor()
      const toBottom = async (): Promise<string | undefined> => {
        await records(page).evaluate(grid => {
          grid.scrollTop = grid.scrollHeight
        })
        return (await offsetsShown(page)).at(-1)
      }
      await expect.poll(toBottom, { timeout: 60_000, interval: 30 }).toBe('6999')
      expect(await page.getByText(/of 7,000 here/).innerText()).toBe('5,000 of 7,000 here')
      const toTop = async (): Promise<string | undefined> => {
        await records(page).evaluate(grid => {
          grid.scrollTop = 0
        })
        return (await offsetsShown(page))[0]
      }
      await expect.poll(toTop, { timeout: 60_000, interval: 30 }).toBe('0')
    },
  )
})

test('a jump goes to an offset, a partition or a time, and says why it cannot', async () => {
  await inWindow(
    { topics: { orders: 2 }, path: '/topic/orders/messages' },
    studio => {
      write(studio, 'orders', orders(0, 400))
      write(studio, 'orders', orders(400, 500), 1)
    },
    async page => {
      await records(page).waitFor()
      const jump = async (text: string): Promise<void> => {
        await page.keyboard.press('o')
        await page.keyboard.type(text)
        await page.keyboard.press('Enter')
      }
      await jump('0:250')
      await page.getByRole('complementary', { name: 'Record' }).getByText('orders-0 @ 250').waitFor()
      await expect.poll(async () => (await offsetsShown(page))[0]).toBe('250')
      await jump('7:1')
      await page.getByText('there is no partition 7; the last is 1').waitFor()
      await page.keyboard.press('Escape')
    await jump('1 h ago')
    await expect.poll(async () => (await offsetsShown(page))[0]).toBe('0')
      await jump('0:9999')
      await page.getByText('orders-0 ends at 400: offset 9999 is not written yet.').waitFor()
      await expect.poll(async () => (await offsetsShown(page)).at(-1)).toBe('399')
      await page.keyboard.press(',')
      await expect.poll(async () => (await offsetsShown(page))[0]).toBe('0')
      await page.keyboard.press('.')
      await expect.poll(async () => (await offsetsShown(page))[0]).toBe('399')
    },
  )
})

test('a record is looked into: every digit, headers, bytes; and copied whole', async () => {
  await inWindow(
    { topics: { orders: 1 }, path: '/topic/orders/messages' },
    studio => write(studio, 'orders', orders(0, 3)),
    async page => {
      await recordOf(page, 'eu-1').click()
      const inspector = page.getByRole('complementary', { name: 'Record' })
      const basket = inspector.getByRole('treeitem').filter({ hasText: 'basket_id' })
      expect(await basket.innerText()).toMatch(/9007199254740993\s*int64, exact/)
      await basket.click()
      await inspector.getByText('basket_id at 0x').waitFor()
      const marks = await inspector.locator('mark').allInnerTexts()
      expect(marks.filter((_, index) => index % 2 === 1).join('')).toBe('9007199254740993')
      await records(page).press('Control+Shift+C')
      await page.getByText('The record is copied as JSON').waitFor()
      const copied = await page.evaluate(() => navigator.clipboard.readText())
      expect(copied).toContain('"basket_id":9007199254740993')
      expect(JSON.parse(copied)).toMatchObject({
        topic: 'orders',
        partition: 0,
        offset: 1,
        key: 'eu-1',
        headers: [{ name: 'trace-id' }, { name: 'source', value: 'web' }],
      })
      await inspector.getByRole('tab', { name: /Headers/ }).click()
      await inspector.getByRole('cell', { name: '4bf92f3577b34da6' }).waitFor()
      await records(page).press('Space')
      await inspector.waitFor({ state: 'detached' })
    },
  )
})

test('null, empty, tombstone, bytes and what cannot be seen are told apart', async () => {
  await inWindow(
    { topics: { odd: 1 }, path: '/topic/odd/messages' },
    studio =>
      write(studio, 'odd', [
        { key: 'gone', value: null },
        { key: null, value: null },
        { key: 'k', value: '' },
        { key: Buffer.from([1, 255]).toString('latin1'), value: Uint8Array.of(0, 1, 254) },
        { key: 'bidi', value: 'safe\u202etxt' },
      ]),
    async page => {
      await recordOf(page, 'bidi').waitFor()
      const text = async (key: string): Promise<string> => (await recordOf(page, key).innerText()).replaceAll(/\s+/g, ' ')
      expect(await text('gone')).toContain('∅ tombstone')
      expect(await text('""')).toContain('""')
      expect(await text('00 01 fe')).toContain('00 01 fe')
      expect(await records(page).locator('[data-mark="⟨U+202E⟩"]').count()).toBe(1)
      expect(await recordOf(page, 'null').count()).toBe(1)
    },
  )
})

test('a long value comes in parts, and all of it when asked', async () => {
  const long = JSON.stringify({ rows: Array.from({ length: 20_000 }, (_, index) => ({ index, name: 'größe' })) })
  await inWindow(
    { topics: { long: 1 }, path: '/topic/long/messages?partition=0&offset=0' },
    studio => write(studio, 'long', [{ key: 'k', value: long }]),
    async page => {
      const inspector = page.getByRole('complementary', { name: 'Record' })
      await inspector.getByText('array, cut').waitFor()
      await inspector.getByRole('button', { name: /^Decode all/ }).click()
      await inspector.getByText('array, cut').waitFor({ state: 'detached' })
      await inspector.getByRole('button', { name: 'Text' }).click()
      await inspector.getByRole('region', { name: 'Value as text' }).getByText('{"rows":[').waitFor()
    },
  )
})

test('the offsets of a partition lead to its records', async () => {
  await inWindow(
    { topics: { orders: 2 }, path: '/topic/orders/partitions' },
    studio => {
      write(studio, 'orders', orders(0, 10))
      write(studio, 'orders', orders(10, 30), 1)
    },
    async page => {
      await page.getByRole('grid', { name: 'Partitions' }).getByRole('link', { name: '20', exact: true }).click()
      await recordOf(page, 'eu-29').waitFor()
      expect(await recordOf(page, 'eu-9').count()).toBe(0)
      expect(page.url()).toContain('/topic/orders/messages?partition=1&from=end')
    },
  )
})

test('a topic that is not there, and one that is empty, say what to do', async () => {
  await inWindow(
    { topics: { empty: 1 }, path: '/topic/nowhere/messages' },
    () => undefined,
    async (page, studio) => {
      await page.getByText('There is no topic nowhere.').waitFor()
      await goToPlace(page, '/topic/empty/messages')
      await page.getByText('empty is empty').waitFor()
      expect(await page.getByText('kcat -b').innerText()).toContain(`127.0.0.1:${studio.port} -t empty`)
      write(studio, 'empty', [order(1)])
      await recordOf(page, 'eu-1').waitFor()
    },
  )
})

for (const look of [
  { theme: 'dark', size: [1440, 900] },
  { theme: 'light', size: [1024, 640] },
] as const) {
  test(`axe finds nothing in ${look.theme} at ${look.size.join('x')}, and nothing is wider than the window`, async () => {
    await inWindow(
      { topics: { orders: 6, empty: 1 }, path: '/topic/orders/messages', ...look },
      studio => write(studio, 'orders', orders(0, 60)),
      async page => {
        await recordOf(page, 'eu-59').click()
        await page.getByRole('treeitem').first().waitFor()
        const clean = async (what: string): Promise<void> => {
          expect([what, ...(await violations(page))]).toEqual([what])
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
        }
        await clean('messages')
        await page.getByRole('tab', { name: 'Batch' }).click()
        await clean('batch')
        await page.getByRole('tab', { name: /^Headers/ }).click()
        await clean('headers')
        await goToPlace(page, '/topic/empty/messages')
        await page.getByText('empty is empty').waitFor()
        await clean('empty')
        for (const [tab, name] of [
          ['partitions', 'Partitions'],
          ['config', 'Configuration'],
        ] as const) {
          await goToPlace(page, `/topic/orders/${tab}`)
          await page.getByRole('grid', { name }).waitFor()
          await clean(tab)
        }
        await goToPlace(page, '/topic/orders/groups')
        await page.getByText('No group reads orders').waitFor()
        await clean('groups')
      },
    )
  })
}
