/** The window in Chromium over an engine in memory: its screens, keyboard, dialogs, lost connections, and what axe says of all that. */

import { expect } from 'vitest'
import { browserTest } from '../support/browser.ts'
import { createTopicInWindow, deleteTopicInWindow, goToPlace, rowOf } from '../support/window-drive.ts'
import { inWindow, type Look, violations, withWindow } from '../support/window-in-browser.ts'

const test = browserTest()
withWindow()

const screens = [
  { path: '/', name: 'Overview' },
  { path: '/topics', name: 'Topics' },
  { path: '/connect', name: 'Connect' },
  { path: '/settings', name: 'Settings' },
]
const looks: readonly Required<Pick<Look, 'theme' | 'size'>>[] = [
  { theme: 'dark', size: [1440, 900] },
  { theme: 'light', size: [1024, 640] },
  { theme: 'light', size: [1440, 900] },
  { theme: 'dark', size: [1024, 640] },
]

for (const look of looks) {
  test(`axe finds nothing in ${look.theme} at ${look.size.join('x')}, and nothing is wider than the window`, async () => {
    await inWindow({ portTaken: { wanted: 9092, holder: 'java (pid 4711)', used: 19092 } }, look, async page => {
      for (const { path, name } of screens) {
        await goToPlace(page, path)
        await page.getByRole('heading', { level: 1, name }).waitFor()
        expect([name, ...(await violations(page))]).toEqual([name])
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
      }
      await page.keyboard.press('Control+k')
      await page.getByRole('option').first().waitFor()
      expect(await violations(page)).toEqual([])
    })
  })
}

test('an empty broker shows how to connect, with the real address, and who can', async () => {
  await inWindow({ isEmpty: true }, {}, async page => {
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await page.getByRole('main').innerText()).toContain('any program on this computer can connect, and nothing outside it')
    for (const language of ['kcat', 'Java', 'Node', 'Python', 'Go']) {
      await page.getByRole('tab', { name: language }).click()
      expect(await page.getByRole('tabpanel').innerText()).toContain('127.0.0.1:9092')
    }
    await page.getByRole('tab', { name: 'Go' }).press('Home')
    await page.getByRole('tabpanel', { name: 'kcat' }).waitFor()
    await page.getByRole('button', { name: 'Copy address' }).click()
    await page.getByRole('button', { name: 'Copied' }).first().waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('127.0.0.1:9092')
  })
})

test('a topic is created and deleted, and a refusal stays in the dialog where it happened', async () => {
  await inWindow({}, { path: '/topics' }, async page => {
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog', { name: 'New topic' })
    await dialog.getByLabel('Name').fill('two words')
    await dialog.getByText('A space is not allowed').waitFor()
    await dialog.getByLabel('Name').fill('refused')
    await dialog.getByRole('button', { name: 'Create topic' }).click()
    await dialog.getByRole('alert').getByText('Delete topics, or start it with a higher limit').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await createTopicInWindow(page, 'returns', 3)
    await page.getByRole('status').getByText('returns created').waitFor()
    await deleteTopicInWindow(page, 'returns')
  })
})

test('a topic of thousands is deleted only after its name, and the dialog says what goes', async () => {
  await inWindow({}, { path: '/topics' }, async page => {
    await rowOf(page, 'Topics', 'payments.dlq').first().click()
    await page.keyboard.press('Delete')
    const dialog = page.getByRole('dialog', { name: 'Delete payments.dlq?' })
    expect(await dialog.innerText()).toMatch(/2,1\d\d records in 1 partition, 1\.10 MB/)
    await dialog.getByRole('textbox').fill('payments')
    await page.keyboard.press('Enter')
    await dialog.getByRole('textbox').fill('payments.dlq')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid')
  })
})

test('a list of hundreds draws only what is seen, and the keyboard reaches all of it', async () => {
  await inWindow({ extraTopics: 500 }, { path: '/topics' }, async page => {
    const grid = page.getByRole('grid', { name: 'Topics' })
    await grid.getByRole('row').nth(5).waitFor()
    expect(await grid.getByRole('row').count()).toBeLessThan(70)
    expect(await grid.getAttribute('aria-rowcount')).toBe('512')
    await grid.focus()
    await page.keyboard.press('End')
    const last = grid.locator('[role=row][aria-rowindex="512"][aria-selected=true]')
    await last.getByText('users').waitFor()
    await page.keyboard.press('k')
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Control+c')
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^Topic\tPartitions\t.*\nshipments\t3\t.*\nusers\t3\t/)
    await page.keyboard.press('Home')
    await grid.locator('[role=row][aria-rowindex="2"][aria-selected=true]').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('dlq')
    await grid.locator('[role=row][aria-rowindex="2"]').getByText('payments.dlq').waitFor()
  })
})

test('keys and palette go from screen to screen, and back returns', async () => {
  await inWindow({}, { path: '/' }, async page => {
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.getByRole('heading', { level: 1, name: 'Topics' }).waitFor()
    expect(await page.title()).toBe('Topics · Local · Millrace')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('connect')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor()
    await page.keyboard.press('[')
    await page.getByRole('heading', { level: 1, name: 'Topics' }).waitFor()
    await page.getByRole('button', { name: 'Forward' }).click()
    await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor()
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.getByText('g t').waitFor()
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'detached' })
  })
})

test('F6 goes round the parts of the window', async () => {
  await inWindow({}, { path: '/topics' }, async page => {
    const region = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region'])
    const seen: (string | undefined)[] = []
    for (let times = 0; times < 6; times++) {
      await page.keyboard.press('F6')
      seen.push(await region())
    }
    expect(seen).toEqual(['title', 'sidebar', 'header', 'content', 'status', 'title'])
  })
})

test('theme and density are chosen in Settings and kept', async () => {
  await inWindow({}, { path: '/settings' }, async page => {
    await page.getByRole('button', { name: 'Light' }).click()
    await page.getByRole('button', { name: 'Comfortable' }).click()
    const shown = (): Promise<readonly (string | undefined)[]> =>
      page.evaluate(() => [document.documentElement.dataset['theme'], document.documentElement.dataset['density']])
    expect(await shown()).toEqual(['light', 'comfortable'])
    expect(await page.evaluate(() => JSON.parse(localStorage.getItem('millrace.window') ?? '{}'))).toMatchObject({
      theme: 'light',
      density: 'comfortable',
    })
  })
})

test('when the engine goes, a bar says so and the last data stays', async () => {
  await inWindow({}, { path: '/topics' }, async (page, engine) => {
    await rowOf(page, 'Topics', 'orders').first().waitFor()
    await engine.stop()
    const bar = page.getByRole('alert').filter({ hasText: 'Not connected to the engine' })
    await bar.getByRole('button', { name: 'Try now' }).waitFor()
    expect(await bar.innerText()).toMatch(/as of \d\d:\d\d:\d\d/)
    expect(await rowOf(page, 'Topics', 'orders').count()).toBeGreaterThan(0)
    await page.getByRole('contentinfo').getByText('not connected').waitFor()
  })
})
