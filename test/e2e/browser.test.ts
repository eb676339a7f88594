/** The same window as a web page: Chromium over `serve --http`. */

import { expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { browserTest, launchBrowser } from '../support/browser.ts'
import { createTopicInWindow, deleteTopicInWindow, goToPlace, rowOf, untilRow, withProducer } from '../support/window-drive.ts'

browserTest()('the window in a browser shows a client at work, and creates and deletes a topic', async () => {
  const broker = await MillraceProcess.start({ args: ['--http', '127.0.0.1:0'] })
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const faults: string[] = []
    page.on('pageerror', fault => faults.push(fault.message))
    const url = await broker.process.waitFor('the address of the window', () => /Window: (http\S+)/.exec(broker.process.stdout.join('\n'))?.[1])
    await page.goto(url)
    await createTopicInWindow(page, 'orders', 2)
    await withProducer(broker.address, producer => producer.send({ topic: 'orders', messages: [{ key: 'k', value: '{"basket":9007199254740993}' }] }))
    await untilRow(rowOf(page, 'Topics', 'orders'), '2 partitions, 1 record', text => /\b2\b[\s\S]*\b1\b/.test(text))
    await goToPlace(page, '/topic/orders/messages')
    await untilRow(rowOf(page, 'Records', '9007199254740993'), 'every digit', text => text.includes('9007199254740993'))
    await deleteTopicInWindow(page, 'orders')
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    await broker.dispose()
  }
})
