/** How partitions are stored, in Chromium over an engine in memory: trouble at a glance, one partition's files, the setting of durability. */

import { expect } from 'vitest'
import { browserTest } from '../support/browser.ts'
import { goToPlace, rowOf } from '../support/window-drive.ts'
import { inWindow, violations, withWindow } from '../support/window-in-browser.ts'

const test = browserTest()
withWindow()

const partitionPlace = (topic: string, partition: number): string => `/topic/${topic}/partitions?partition=${partition}`
/** A place and a text of it that is only there when it is. */
const places: readonly (readonly [path: string, shows: string])[] = [
  ['/', 'takes no records'],
  ['/topics', '1 offline'],
  [partitionPlace('orders', 1), 'The disk is full'],
  [partitionPlace('orders', 3), 'cut 1,234 B at offset 1568567'],
  [partitionPlace('orders', 4), 'Being recovered now'],
  [partitionPlace('payments', 0), '412 undecided'],
  [partitionPlace('users', 0), 'Compacting: 612 kB of 1.44 MB read'],
  [partitionPlace('users', 1), 'Left as it is'],
  ['/settings', 'Durable acks'],
]

for (const [theme, size] of [['dark', [1440, 900]], ['light', [1024, 640]]] as const) {
  test(`axe finds nothing where storage is shown, in ${theme} at ${size.join('x')}, and nothing is wider than the window`, async () => {
    await inWindow({ hasTrouble: true }, { theme, size }, async page => {
      for (const [path, shows] of places) {
        await goToPlace(page, path)
        await page.getByRole('main').getByText(shows).first().waitFor()
        expect([path, ...(await violations(page))]).toEqual([path])
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
      }
    })
  })
}

test('partitions are walked with the keyboard, each beside the list, and its files are in the tabs', async () => {
  await inWindow({ hasTrouble: true }, { path: '/topic/orders/partitions' }, async page => {
    const grid = page.getByRole('grid', { name: 'Partitions' })
    await rowOf(page, 'Partitions', 'cut at start').waitFor()
    expect(await grid.getByRole('columnheader').allInnerTexts()).toEqual(expect.arrayContaining(['Log start', 'High watermark', 'Segments', 'State']))
    expect(await grid.getByRole('columnheader', { name: 'Last stable' }).count()).toBe(0)
    await grid.focus()
    for (let times = 0; times < 4; times++) await page.keyboard.press('ArrowDown')
    const inspector = page.getByRole('complementary', { name: 'Partition 3' })
    await inspector.getByText('these were not as they were written, and are kept aside').waitFor()
    expect(page.url()).toContain('partition=3')
    await inspector.getByRole('button', { name: 'Copy path' }).click()
    await inspector.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('/home/ada/.local/share/millrace/set-aside/orders-3/2026-07-14T14-02-11.482Z')
    await inspector.getByRole('tab', { name: 'Storage' }).press('ArrowRight')
    await inspector.getByRole('grid', { name: 'Segments' }).getByText('active').waitFor({ state: 'attached' })
    expect(await violations(page)).toEqual([])
    await grid.focus()
    await page.keyboard.press(' ')
    await inspector.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Partitions')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press(' ')
    await page.getByRole('complementary', { name: 'Partition 4' }).getByText('Being recovered now').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('complementary', { name: 'Partition 4' }).waitFor({ state: 'detached' })
    await rowOf(page, 'Partitions', 'offline').click()
    await page.getByRole('complementary', { name: 'Partition 1' }).waitFor()
  })
})

test('an open transaction adds the last stable offset to the list, and is listed with its producer', async () => {
  await inWindow({ hasTrouble: true }, { path: partitionPlace('payments', 0) }, async page => {
    await page.getByRole('columnheader', { name: 'Last stable' }).waitFor()
    await page.getByRole('tab', { name: 'Transactions 2' }).click()
    const list = page.getByRole('grid', { name: 'Open transactions' })
    await list.getByText('4000').waitFor()
    expect(await list.getByRole('row').count()).toBe(3)
    expect(await violations(page)).toEqual([])
  })
})

test('what the last start cut is put away for good, in the overview and beside the topic', async () => {
  await inWindow({ hasTrouble: true }, {}, async page => {
    const finding = page.getByRole('listitem').filter({ hasText: 'was cut at the last start' })
    await finding.getByRole('button', { name: 'Dismiss' }).click()
    await finding.waitFor({ state: 'detached' })
    await page.reload()
    const offline = page.getByRole('listitem').filter({ hasText: 'takes no records' })
    await offline.waitFor()
    expect(await finding.count()).toBe(0)
    await offline.getByRole('link', { name: 'Show it' }).click()
    await page.getByRole('complementary', { name: 'Partition 1' }).getByText('It takes no records.').waitFor()
  })
})

test('durable acks are switched in Settings, where each choice says what survives', async () => {
  await inWindow({}, { path: '/settings' }, async page => {
    const table = page.getByRole('table')
    expect(await table.innerText()).toMatch(/kill -9[\s\S]*power cut[\s\S]*at most the last minute[\s\S]*share a flush/)
    const [memory, durable] = [page.getByRole('radio', { name: 'Acknowledge from memory' }), page.getByRole('radio', { name: 'Durable acks' })]
    expect([await memory.isChecked(), await durable.isChecked()]).toEqual([true, false])
    await memory.focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => durable.isChecked()).toBe(true)
    expect(await violations(page)).toEqual([])
    await page.reload()
    await expect.poll(() => durable.isChecked()).toBe(true)
  })
})

test('a setting that cannot be kept says why, where it was asked for', async () => {
  await inWindow({ refusesDurability: true }, { path: '/settings', theme: 'light' }, async page => {
    await page.getByRole('radio', { name: 'Durable acks' }).click()
    await page.getByRole('alert').getByText('the disk is full. Nothing has changed.').waitFor()
    expect(await page.getByRole('radio', { name: 'Acknowledge from memory' }).isChecked()).toBe(true)
    expect(await violations(page)).toEqual([])
  })
})
