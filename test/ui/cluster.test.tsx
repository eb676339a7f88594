/** Several brokers, transactions, and groups on their way, in Chromium over an engine in memory. */

import { expect } from 'vitest'
import { browserTest } from '../support/browser.ts'
import { goToPlace, rowOf } from '../support/window-drive.ts'
import { inWindow, violations, withWindow } from '../support/window-in-browser.ts'

const test = browserTest()
withWindow()

/** A place and a text of it that is only there when it is. */
const places: readonly (readonly [path: string, shows: string])[] = [
  ['/', '1 of 3 brokers'],
  ['/topics', '6 under-replicated'],
  ['/topic/orders/partitions', 'under-replicated'],
  ['/topic/payments/partitions?partition=0', 'In sync'],
  ['/topic/payments.dlq/partitions', 'no leader'],
  ['/groups', 'PreparingRebalance'],
  ['/groups/shipping/members', 'gives up orders 2'],
  ['/groups/billing/lag', '1560200'],
  ['/transactions', 'PrepareCommit'],
  ['/transactions/orders-to-shipments-0', '412 held back'],
  ['/transactions/nobody', 'There is no such transactional id now'],
  ['/brokers', 'Partitions that lack a broker'],
]

for (const [theme, size] of [['dark', [1440, 900]], ['light', [1024, 640]]] as const) {
  test(`axe finds nothing where a cluster is shown, in ${theme} at ${size.join('x')}, and nothing is wider than the window`, async () => {
    await inWindow({ isCluster: true }, { theme, size }, async page => {
      for (const [path, shows] of places) {
        await goToPlace(page, path)
        await page.getByRole('main').getByText(shows).first().waitFor({ state: 'attached' })
        expect([path, ...(await violations(page))]).toEqual([path])
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
      }
    })
  })
}

test('one broker without transactions has no entry for either, and both places say what would be there', async () => {
  await inWindow({}, { path: '/' }, async page => {
    const nav = page.getByRole('navigation', { name: 'Main' })
    await nav.getByRole('link', { name: /Groups/ }).waitFor()
    expect(await nav.getByRole('link').allInnerTexts()).toHaveLength(6)
    expect(await page.getByRole('contentinfo').innerText()).not.toContain('broker')
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.getByText('No transactional ids yet').waitFor()
    expect(await page.getByRole('main').innerText()).toContain('bootstrap.servers=127.0.0.1:9092')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('g')
    await page.keyboard.press('b')
    await page.getByText('Local is one broker').waitFor()
    await page.getByRole('button', { name: 'Stop broker 1' }).hover()
    await page.getByText('It is the last one that is up').waitFor()
    expect(await violations(page)).toEqual([])
  })
})

test('a transaction that holds back readers leads the list, ticks, and is aborted after a dialog that says what happens', async () => {
  await inWindow({ isCluster: true }, { path: '/transactions' }, async page => {
    const grid = page.getByRole('grid', { name: 'Transactions' })
    await rowOf(page, 'Transactions', 'orders-to-shipments-0').waitFor()
    expect((await grid.getByRole('row').nth(1).innerText()).replace(/\s+/g, ' ')).toMatch(/^orders-to-shipments-0 Ongoing \d+ (s|min).* 412 payments 0/)
    const age = (): Promise<string> => grid.getByRole('row').nth(1).getByRole('gridcell').nth(2).innerText()
    const before = await age()
    await expect.poll(age).not.toBe(before)
    await grid.focus()
    await page.keyboard.press('ArrowDown')
    const inspector = page.getByRole('complementary', { name: 'Transactional id orders-to-shipments-0' })
    await inspector.getByText('412 held back').waitFor()
    expect(page.url()).toContain('/transactions/orders-to-shipments-0')
    await grid.focus()
    await page.keyboard.press('Delete')
    const dialog = page.getByRole('dialog', { name: 'Abort the transaction of orders-to-shipments-0?' })
    expect((await dialog.innerText()).replace(/\s+/g, ' ')).toMatch(/records in 4 partitions.*marked as aborted.*412 records that wait.*id 4000, epoch 2.*fenced/)
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Abort transaction' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('status').getByText('The transaction of orders-to-shipments-0 is aborted').waitFor()
    await inspector.getByText('CompleteAbort').waitFor()
    await inspector.getByRole('button', { name: 'Abort…' }).hover()
    await page.getByText('No transaction is open', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Open 2' }).click()
    expect(await grid.getByRole('row').count()).toBe(3)
    await page.keyboard.press('/')
    await page.keyboard.type('nobody')
    await page.getByText('No open transaction has “nobody”').waitFor()
  })
})

test('a partition names the transaction that holds it back, and a group the one that commits its offset', async () => {
  await inWindow({ isCluster: true }, { path: '/topic/payments/partitions?partition=0' }, async page => {
    await page.getByRole('tab', { name: 'Transactions 2' }).click()
    await page.getByText(/^orders-to-shipments-0 holds back readers/).waitFor()
    await page.getByRole('grid', { name: 'Open transactions' }).getByRole('link', { name: 'orders-to-shipments-0' }).click()
    await page.getByRole('complementary', { name: 'Transactional id orders-to-shipments-0' }).waitFor()
    await goToPlace(page, '/groups/billing/lag')
    await page.getByRole('grid', { name: 'Partitions' }).getByRole('link', { name: '1560200' }).click()
    await page.getByRole('complementary', { name: 'Transactional id orders-to-shipments-0' }).waitFor()
  })
})

test('brokers are started and stopped with the mouse, the keyboard and the palette, and the last one is not', async () => {
  await inWindow({ isCluster: true }, { path: '/brokers' }, async page => {
    await page.getByRole('button', { name: 'Start broker 2' }).click()
    await page.getByRole('button', { name: 'Stop broker 2' }).waitFor()
    await page.getByRole('contentinfo').getByText('3 brokers').waitFor()
    const grid = page.getByRole('grid', { name: 'Brokers' })
    await grid.focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Stop broker 3?' })
    expect(await dialog.innerText()).toMatch(/8 connections to it end[\s\S]*46 partitions it leads go to another broker[\s\S]*4 partitions only it holds[\s\S]*No record is lost/)
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Brokers')
    await page.getByRole('button', { name: 'Elect preferred leaders' }).click()
    await page.getByRole('status').getByText('12 partitions went back to their preferred leaders').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('>stop broker 3')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Stop broker 3' }).click()
    await page.getByRole('status').getByRole('button', { name: 'Start it again' }).waitFor()
    await page.getByRole('button', { name: 'Stop broker 2' }).click()
    await page.getByRole('dialog', { name: 'Stop broker 2?' }).getByRole('button', { name: 'Stop broker 2' }).click()
    await page.getByText('1 of 3 are up').waitFor()
    expect(await page.getByRole('button', { name: 'Stop broker 1' }).getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('contentinfo').getByRole('link', { name: '1 of 3 brokers up' }).waitFor()
  })
})

test('offsets of a topic are removed after its name was typed, and a refusal stays where it happened', async () => {
  await inWindow({ isCluster: true }, { path: '/groups/billing/lag' }, async page => {
    await page.getByRole('button', { name: 'Remove offsets…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove offsets from billing?' })
    await dialog.getByLabel('Topic').selectOption('payments')
    await dialog.getByRole('textbox').fill('payments')
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Remove offsets' }).click()
    await dialog.getByRole('alert').getByText('Members of billing read payments').waitFor()
    await page.keyboard.press('Escape')
    await goToPlace(page, '/groups/orders-per-minute/lag')
    await page.getByRole('button', { name: 'Remove offsets…' }).click()
    const other = page.getByRole('dialog', { name: 'Remove offsets from orders-per-minute?' })
    await other.getByRole('textbox').fill('orders')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Offsets of 3 partitions of orders removed from orders-per-minute').waitFor()
  })
})

test('the number of brokers is chosen in Settings, which says when it applies', async () => {
  await inWindow({ isCluster: true }, { path: '/settings' }, async page => {
    const select = page.getByLabel('Number of brokers')
    expect(await select.inputValue()).toBe('3')
    await select.selectOption('5 brokers')
    await page.getByText('Now 3 brokers; 5 brokers when Millrace is started again.').waitFor()
    expect(await violations(page)).toEqual([])
    await select.selectOption('3 brokers')
    await page.getByText('when Millrace is started again').waitFor({ state: 'detached' })
  })
  await inWindow({}, { path: '/settings' }, async page => {
    await page.getByText('Local broker').waitFor()
    expect(await page.getByLabel('Number of brokers').count()).toBe(0)
  })
})
