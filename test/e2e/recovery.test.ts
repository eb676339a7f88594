/** After kill -9: the window of the next start says what recovery did with each partition, and the setting of durability is as it was left. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { browserTest, launchBrowser } from '../support/browser.ts'
import { createTopicInWindow, goToPlace, withProducer } from '../support/window-drive.ts'

async function openWindow(broker: MillraceProcess, page: Page): Promise<void> {
  const url = await broker.process.waitFor('the address of the window', () => /Window: (http\S+)/.exec(broker.process.stdout.join('\n'))?.[1])
  await page.goto(url)
  await page.getByRole('contentinfo').getByText('listening').waitFor()
}

/** As a disk would that lost a page: the last byte written is another. */
function damage(broker: MillraceProcess, topic: string, partition: number): void {
  const path = join(broker.partitionFolder(topic, partition), '00000000000000000000.log')
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}

browserTest()('after kill -9 the window tells what was checked and what was cut, and durable acks are still on', async () => {
  const broker = await MillraceProcess.start({ args: ['--http', '127.0.0.1:0'] })
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const faults: string[] = []
    page.on('pageerror', fault => faults.push(fault.message))
    await openWindow(broker, page)
    await createTopicInWindow(page, 'orders', 2)
    await goToPlace(page, '/settings')
    await page.getByRole('radio', { name: 'Durable acks' }).click()
    await expect.poll(() => page.getByRole('radio', { name: 'Durable acks' }).isChecked()).toBe(true)
    await withProducer(broker.address, async producer => {
      for (const value of ['first', 'second']) {
        await producer.send({ topic: 'orders', messages: [0, 1].map(partition => ({ partition, value: `${value} ${partition}` })) })
      }
    })
    await broker.kill()
    damage(broker, 'orders', 1)
    await broker.start()

    await openWindow(broker, page)
    const finding = page.getByRole('listitem').filter({ hasText: 'orders-1 was cut at the last start' })
    await finding.getByRole('link', { name: 'Show it' }).click()
    const inspector = page.getByRole('complementary', { name: 'Partition 1' })
    await inspector.getByText(/Checked \d+ B after a crash in .*, cut \d+ B at offset 1: these were not as they were written, and are kept aside\./).waitFor()
    expect(await inspector.getByRole('region', { name: 'At the last start' }).innerText()).toContain(join('set-aside', 'orders-1'))
    await goToPlace(page, '/topic/orders/partitions?partition=0')
    const sound = page.getByRole('complementary', { name: 'Partition 0' })
    await sound.getByText(/Checked \d+ B after a crash in .*: nothing lost\./).waitFor()
    await goToPlace(page, '/connect')
    await page.getByRole('log').getByText(/Partition 1 of orders was cut at offset 1: \d+ bytes/).waitFor()
    await goToPlace(page, '/settings')
    await expect.poll(() => page.getByRole('radio', { name: 'Durable acks' }).isChecked()).toBe(true)
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    await broker.dispose()
  }
})
