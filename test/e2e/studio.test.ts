/** The whole studio in real Electron: a client produces, the window shows it live, and nothing is lost. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { electronTest, launchApp, type AppUnderTest } from '../support/electron.ts'
import { createTopicInWindow, deleteTopicInWindow, goToPlace, readInGroup, rowOf, untilRow, withProducer } from '../support/window-drive.ts'

let dataFolder = ''
const running = new Set<AppUnderTest>()

/** The app on the test's own data folder; whatever still runs when the test ends is closed then. */
async function start(): Promise<AppUnderTest> {
  const app = await launchApp({ dataFolder })
  running.add(app)
  app.electron.on('close', () => running.delete(app))
  return app
}

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'millrace-studio-'))
})
afterEach(async () => {
  for (const app of running) await app.close()
  rmSync(dataFolder, { recursive: true, force: true })
})

const values = (from: number, count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, at) => ({ key: `key-${from + at}`, value: `{"n":${from + at}}` }))

electronTest('topic, rate, records and lag appear and change while a client produces, and all is there after a restart', async () => {
  const app = await start()
  const page = app.window
  await goToPlace(page, '/topics')
  await withProducer(app.address, async producer => {
    await producer.send({ topic: 'orders', messages: values(0, 300) })
    await untilRow(rowOf(page, 'Topics', 'orders'), '300 records and a rate', text => /\b300\b/.test(text) && /[1-9][\d.,]*\s*\/s/.test(text))
    expect(await readInGroup(app.address, { topic: 'orders', group: 'billing', count: 300 })).toHaveLength(300)
    await producer.send({ topic: 'orders', messages: values(300, 55) })
    await untilRow(rowOf(page, 'Topics', 'orders'), '355 records, read by billing', text => /\b355\b/.test(text) && text.includes('billing'))
  })
  await goToPlace(page, '/groups')
  await untilRow(rowOf(page, 'Groups', 'billing'), '55 unread', text => /\b55\b/.test(text))
  await goToPlace(page, '/topic/orders/messages')
  await untilRow(rowOf(page, 'Records', 'key-354'), 'the last record', text => text.includes('{"n":354}'))
  await createTopicInWindow(page, 'made-here', 3)
  await createTopicInWindow(page, 'gone-soon', 1)
  await deleteTopicInWindow(page, 'gone-soon')
  await app.close()

  const again = await start()
  await goToPlace(again.window, '/topics')
  await untilRow(rowOf(again.window, 'Topics', 'orders'), '355 records', text => /\b355\b/.test(text))
  await untilRow(rowOf(again.window, 'Topics', 'made-here'), '3 partitions', text => /\b3\b/.test(text))
  expect(await rowOf(again.window, 'Topics', 'gone-soon').count()).toBe(0)
  await goToPlace(again.window, '/groups')
  await untilRow(rowOf(again.window, 'Groups', 'billing'), '55 unread', text => /\b55\b/.test(text))
  await again.close()
})

electronTest('kill -9 in the middle of producing loses no acknowledged record', async () => {
  const app = await start()
  const acknowledged: string[] = []
  const killed = app.electron.waitForEvent('close')
  await withProducer(app.address, async producer => {
    for (let turn = 0; ; turn++) {
      const batch = values(turn * 50, 50)
      if (turn === 40) app.electron.process().kill('SIGKILL')
      const isStored = await producer.send({ topic: 'killed', acks: -1, messages: batch }).then(() => true, () => false)
      if (!isStored) return
      acknowledged.push(...batch.map(({ value }) => value))
    }
  }).catch(() => undefined) // the broker is gone: so is the way to say goodbye
  await killed
  expect(acknowledged.length).toBeGreaterThanOrEqual(40 * 50)

  const again = await start()
  const read = new Set(await readInGroup(again.address, { topic: 'killed', group: 'checker', count: acknowledged.length }))
  expect(acknowledged.filter(value => !read.has(value))).toEqual([])
  await again.close()
})
