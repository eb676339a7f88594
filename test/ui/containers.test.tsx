/** The panel "Containers" of Settings in a browser: asks before it opens, says who can connect, shows what to copy, and says what went wrong. */

import { expect, test } from 'vitest'
import { findBrowser } from '../support/browser.ts'
import { inWindow, violations, withWindow } from '../support/window-in-browser.ts'

const it = test.skipIf(!findBrowser())
withWindow()

it('asks before it opens, says who can connect then, and shows the lines to copy, by the keyboard alone', async () => {
  await inWindow({}, { path: '/settings' }, async page => {
    const panel = page.getByRole('region', { name: 'Containers', exact: true })
    const box = panel.getByRole('checkbox', { name: 'Reachable from containers' })
    await box.focus()
    await page.keyboard.press('Space')
    const dialog = page.getByRole('dialog', { name: 'Open Local to containers?' })
    expect(await dialog.getByRole('list', { name: 'Open addresses' }).innerText()).toContain('192.168.1.23')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await box.isChecked()).toBe(false)

    await box.focus()
    await page.keyboard.press('Space')
    await dialog.getByRole('button', { name: 'Open', exact: true }).focus()
    await page.keyboard.press('Enter')
    await panel.getByText('Every machine that reaches one of these addresses can connect, read').waitFor()
    expect(await box.isChecked()).toBe(true)
    expect(await panel.getByRole('region', { name: 'compose.yaml' }).innerText()).toContain('- "host.docker.internal:host-gateway"')
    await panel.getByRole('button', { name: 'Copy compose.yaml' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('KAFKA_BOOTSTRAP_SERVERS: "host.docker.internal:29092"')
    await panel.getByRole('tab', { name: 'Compose' }).focus()
    for (const [name, line] of [['docker run', '--add-host host.docker.internal:host-gateway'], ['WSL', 'networkingMode=mirrored'], ['Testcontainers', 'withExtraHost']]) {
      await page.keyboard.press('ArrowRight')
      await panel.getByRole('tabpanel', { name: name ?? '' }).getByText(line ?? '').waitFor()
      expect(await violations(page)).toEqual([])
    }
    await box.focus()
    await page.keyboard.press('Space')
    await panel.getByText('Every machine that reaches one of these addresses can connect, read').waitFor({ state: 'detached' })
  })
})

it('one address of this computer is the only one that is opened, and what cannot be is said where it was asked', async () => {
  await inWindow({}, { path: '/settings', theme: 'light' }, async page => {
    const panel = page.getByRole('region', { name: 'Containers', exact: true })
    const open = async (host: string, port: string): Promise<void> => {
      await panel.getByRole('textbox', { name: 'Name of this computer in containers' }).fill(host)
      await panel.getByRole('textbox', { name: 'Port' }).fill(port)
      await panel.getByRole('checkbox').click()
      await page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).click()
    }
    await open('host.docker.internal', '9092')
    expect(await panel.getByRole('alert').innerText()).toContain('Port 9092 is taken by node')
    await open('192.0.2.1', '')
    await panel.getByText('this machine has no such address').waitFor()
    expect(await violations(page)).toEqual([])
    await open('172.17.0.1', '29093')
    await panel.getByText('172.17.0.1:29093').first().waitFor()
    expect(await panel.getByRole('list', { name: 'Open addresses' }).innerText()).toMatch(/^172\.17\.0\.1\s+docker0$/)
    expect(await panel.getByRole('alert').count()).toBe(0)
    expect(await violations(page)).toEqual([])
  })
})

it('a port that was taken at the start is told with a way to try again', async () => {
  await inWindow({ hasContainersTrouble: true }, { path: '/settings' }, async page => {
    const panel = page.getByRole('region', { name: 'Containers', exact: true })
    expect(await panel.getByRole('alert').innerText()).toContain('Port 29092 is taken by docker-proxy')
    await panel.getByRole('button', { name: 'Try again' }).click()
    await panel.getByText('Every machine that reaches one of these addresses can connect, read').waitFor()
    expect(await panel.getByRole('alert').count()).toBe(0)
  })
})
