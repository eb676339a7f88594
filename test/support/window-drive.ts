/// <reference lib="dom" />
/** Drives the window as a person would, in Electron and in a browser alike. */

import { Kafka, logLevel, type Producer } from 'kafkajs'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

const PATIENCE = { timeout: 20_000, interval: 100 }

/** Goes to a place by its path, as a link would. */
export async function goToPlace(page: Page, path: string): Promise<void> {
  await page.evaluate(to => { location.hash = `#${to}` }, path)
}

export function rowOf(page: Page, list: string, name: string): Locator {
  return page.getByRole('grid', { name: list, exact: true }).getByRole('row').filter({ hasText: name })
}

/** Waits until the row's text satisfies `isRight`; fails with the last text seen. */
export async function untilRow(row: Locator, what: string, isRight: (text: string) => boolean): Promise<void> {
  const look = async (): Promise<string> => {
    const text = await row.first().innerText({ timeout: 1000 }).catch(() => '(no such row)')
    return isRight(text) ? what : text.replace(/\s+/g, ' ')
  }
  await expect.poll(look, PATIENCE).toBe(what)
}

export async function createTopicInWindow(page: Page, topic: string, partitions: number): Promise<void> {
  await goToPlace(page, '/topics')
  await page.getByRole('button', { name: 'New topic' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New topic' })
  await dialog.getByLabel('Name').fill(topic)
  await dialog.getByLabel('Partitions').fill(String(partitions))
  await dialog.getByRole('button', { name: 'Create topic' }).click()
  await dialog.waitFor({ state: 'detached' })
  await rowOf(page, 'Topics', topic).first().waitFor()
}

export async function deleteTopicInWindow(page: Page, topic: string): Promise<void> {
  await goToPlace(page, '/topics')
  await rowOf(page, 'Topics', topic).first().click()
  await page.getByRole('button', { name: `Delete ${topic}` }).click()
  const dialog = page.getByRole('dialog', { name: `Delete ${topic}?` })
  await dialog.getByRole('textbox').fill(topic)
  await dialog.getByRole('button', { name: 'Delete topic' }).click()
  await dialog.waitFor({ state: 'detached' })
  await rowOf(page, 'Topics', topic).first().waitFor({ state: 'detached' })
}

export function clientOf(address: string): Kafka {
  return new Kafka({ clientId: 'window-test', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 2 } })
}

export async function withProducer<T>(address: string, work: (producer: Producer) => Promise<T>): Promise<T> {
  const producer = clientOf(address).producer({ allowAutoTopicCreation: true })
  await producer.connect()
  try {
    return await work(producer)
  } finally {
    await producer.disconnect()
  }
}

/** Reads `count` records in a group and commits them. */
export async function readInGroup(address: string, options: { readonly topic: string; readonly group: string; readonly count: number }): Promise<string[]> {
  const consumer = clientOf(address).consumer({ groupId: options.group })
  await consumer.connect()
  await consumer.subscribe({ topic: options.topic, fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<string[]>()
  const values: string[] = []
  await consumer.run({
    async eachBatch({ batch, resolveOffset, commitOffsetsIfNecessary }) {
      for (const message of batch.messages) {
        values.push(message.value?.toString() ?? '')
        resolveOffset(message.offset)
      }
      await commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) }] }] })
      if (values.length >= options.count) resolve(values)
    },
  })
  const read = await promise
  await consumer.disconnect()
  return read
}
