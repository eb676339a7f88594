/**
 * `npm run screenshots`: the pictures of the README, docs/images/*.png. Starts `millrace serve --http` on a temporary folder, lets clients
 * produce and read for a while, and photographs the window in Chromium. Names as arguments: those pictures only.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Consumer, type Kafka, type Producer } from 'kafkajs'
import type { Browser, Page } from 'playwright-core'
import { MillraceProcess } from '../test/support/broker-process.ts'
import { launchBrowser } from '../test/support/browser.ts'
import { buildIfNeeded } from './build.mjs'
import { root } from './places.mjs'
import { smallerPng } from './smaller-png.ts'

const folder = join(root, 'docs', 'images')
const size = { width: 1440, height: 900 }
/** A screen full of text stays under the bound in this one only. */
const smallerSize = { width: 1280, height: 800 }
/** The chart of the overview shows what came in meanwhile; the others need a beginning only. */
const OVERVIEW_TRAFFIC_MS = 150_000
const TRAFFIC_MS = 30_000
const BATCH_EVERY_MS = 250
/** Not Kafka's own: whoever makes pictures may have a broker running. */
const PORT = 29_092
const PICTURE_BYTES_MAX = 200_000
const BACKLOG = 100

type Picture = {
  readonly name: string
  readonly place: string
  readonly theme: 'dark' | 'light'
  /** A text that is there when the screen is. */
  readonly shows: string
  /** A record is opened beside the list. */
  readonly opensRecord?: true
}
const pictures: readonly Picture[] = [
  { name: 'overview', place: '/overview', theme: 'dark', shows: 'orders' },
  { name: 'topics', place: '/topics', theme: 'dark', shows: 'payments' },
  { name: 'topics-light', place: '/topics', theme: 'light', shows: 'payments' },
  { name: 'messages', place: '/topic/orders/messages?from=start', theme: 'dark', shows: 'order_id', opensRecord: true },
  { name: 'groups', place: '/groups', theme: 'dark', shows: 'fulfilment' },
]

const topics = [
  { topic: 'orders', numPartitions: 6 },
  { topic: 'payments', numPartitions: 3 },
  { topic: 'page-views', numPartitions: 12 },
  { topic: 'customers', numPartitions: 3, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
  { topic: 'inventory.changes', numPartitions: 4 },
  { topic: 'emails.outgoing', numPartitions: 1 },
]

const names = process.argv.slice(2)
const wanted = pictures.filter(({ name }) => names.length === 0 || names.includes(name))
const trafficMs = wanted.some(({ name }) => name === 'overview') ? OVERVIEW_TRAFFIC_MS : TRAFFIC_MS

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
buildIfNeeded({ isQuiet: false })
mkdirSync(folder, { recursive: true })
const broker = await MillraceProcess.start({ listen: [`127.0.0.1:${PORT}`], args: ['--http', '127.0.0.1:0'] })
try {
  const url = await broker.process.waitFor('the address of the window', () => broker.process.stdout.find(line => line.startsWith('Window: '))?.slice(8))
  const stop = await startClients(broker.address)
  const browser = await launchBrowser()
  try {
    await photograph(browser, url)
  } finally {
    await browser.close()
    await stop()
  }
} catch (error) {
  process.stderr.write(`${broker.process.stderr.slice(-20).join('\n')}\n`)
  throw error
} finally {
  await broker.dispose()
}

function client(clientId: string): Kafka {
  return new kafkajs.Kafka({ clientId, brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING })
}

/** Producers and consumers as a small shop has them; the returned function ends them all. */
async function startClients(address: string): Promise<() => Promise<void>> {
  process.stdout.write(`The broker is at ${address}; clients produce for ${trafficMs / 1000} s.\n`)
  const admin = client('provisioning').admin()
  await admin.connect()
  await admin.createTopics({ topics: topics.map(topic => ({ replicationFactor: 1, ...topic })) })
  await admin.disconnect()
  const producer = client('checkout-api').producer()
  await producer.connect()
  await sendBacklog(producer)
  const consumers = await Promise.all([
    startConsumer('fulfilment', 'fulfilment-1', 'orders', 0),
    startConsumer('fulfilment', 'fulfilment-2', 'orders', 0),
    startConsumer('fraud-check', 'fraud-check-1', 'payments', 90),
    startConsumer('web-analytics', 'web-analytics-1', 'page-views', 0),
  ])
  const traffic = produceUntilStopped(producer)
  await pause(trafficMs)
  return async () => {
    await traffic.stop()
    await Promise.all([producer.disconnect(), ...consumers.map(consumer => consumer.disconnect())])
  }
}

/** `delayMs` for each record: a consumer that falls behind. */
async function startConsumer(groupId: string, clientId: string, topic: string, delayMs: number): Promise<Consumer> {
  const consumer = client(clientId).consumer({ groupId, maxWaitTimeInMs: 500 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ autoCommitInterval: 1000, eachMessage: async () => { if (delayMs > 0) await pause(delayMs) } })
  return consumer
}

async function sendBacklog(producer: Producer): Promise<void> {
  for (let at = 0; at < BACKLOG; at += 100) {
    const numbers = Array.from({ length: 100 }, (_, offset) => at + offset)
    await producer.sendBatch({ topicMessages: [
      { topic: 'orders', messages: numbers.map(order) },
      { topic: 'payments', messages: numbers.map(payment) },
      { topic: 'page-views', messages: numbers.map(pageView) },
      { topic: 'customers', messages: numbers.slice(0, 60).map(customer) },
      { topic: 'inventory.changes', messages: numbers.slice(0, 40).map(n => ({ key: sku(n), value: JSON.stringify({ sku: sku(n), delta: (n % 9) - 4 }) })) },
      { topic: 'emails.outgoing', messages: numbers.slice(0, 5).map(n => ({ value: `Your order o-${48_000 + n} is on its way` })) },
    ] })
  }
}

function produceUntilStopped(producer: Producer): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    for (let at = BACKLOG; !stopping.signal.aborted; at += 40) {
      const swing = 60 + Math.round(25 * Math.sin(at / 900) + 12 * Math.sin(at / 230))
      const numbers = Array.from({ length: swing }, (_, offset) => at + offset)
      await producer.sendBatch({ topicMessages: [
        { topic: 'orders', messages: numbers.slice(0, Math.round(swing / 3)).map(order) },
        { topic: 'payments', messages: numbers.slice(0, Math.round(swing / 12)).map(payment) },
        { topic: 'page-views', messages: numbers.map(pageView) },
      ] })
      await pause(BATCH_EVERY_MS)
    }
  }
  const running = run()
  return { stop: () => { stopping.abort(); return running } }
}

type Message = { key: string; value: string; headers?: Record<string, string> }

function order(n: number): Message {
  const value = { order_id: `o-${48_000 + n}`, customer: `c-${n * 7 % 211}`, amount: (n * 37 % 9000) / 100 + 4.5, currency: 'EUR', items: n % 5 + 1, country: ['DE', 'FR', 'NL', 'ES'][n % 4] }
  return { key: `c-${n * 7 % 211}`, value: JSON.stringify(value), headers: { 'trace-id': (n * 2_654_435_761 % 0xffffffff).toString(16), source: 'checkout-api' } }
}

function payment(n: number): Message {
  return { key: `o-${48_000 + n}`, value: JSON.stringify({ order_id: `o-${48_000 + n}`, method: ['card', 'sepa', 'wallet'][n % 3], state: n % 11 === 0 ? 'declined' : 'captured' }) }
}

function pageView(n: number): Message {
  return { key: `s-${n % 97}`, value: JSON.stringify({ session: `s-${n % 97}`, path: ['/', '/search', '/cart', `/p/${sku(n)}`][n % 4], ms: n * 13 % 480 }) }
}

function customer(n: number): Message {
  return { key: `c-${n}`, value: JSON.stringify({ id: `c-${n}`, since: 2015 + n % 10, newsletter: n % 2 === 0 }) }
}

function sku(n: number): string {
  return `sku-${1000 + n % 64}`
}

async function photograph(browser: Browser, url: string): Promise<void> {
  for (const picture of wanted) {
    const context = await browser.newContext({ viewport: picture.opensRecord ? smallerSize : size, colorScheme: picture.theme, reducedMotion: 'reduce' })
    try {
      await context.addInitScript(theme => window.localStorage.setItem('millrace.window', JSON.stringify({ theme })), picture.theme)
      await take(await context.newPage(), url, picture)
    } finally {
      await context.close()
    }
  }
}

async function take(page: Page, url: string, { name, place, shows, opensRecord }: Picture): Promise<void> {
  await page.goto(`${url}#${place}`)
  await page.locator('main', { hasText: shows }).first().waitFor({ timeout: 30_000 })
  if (opensRecord) await page.getByRole('row').nth(6).click()
  await page.waitForTimeout(3000)
  const path = join(folder, `${name}.png`)
  const picture = smallerPng(await page.screenshot())
  writeFileSync(path, picture)
  const bytes = picture.length
  process.stdout.write(`docs/images/${name}.png ${Math.round(bytes / 1000)} kB\n`)
  if (bytes > PICTURE_BYTES_MAX) throw new Error(`${path} has ${bytes} bytes: more than the ${PICTURE_BYTES_MAX} a picture of the README may have`)
}
