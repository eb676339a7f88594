/** The behaviours that every client must see, as tests: one file of test/clients/ calls this for each client. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientDriver } from './clients-driver.ts'
import { committedOffsets, createTopic, withAdmin } from './clients-kafkajs.ts'
import { expectSameRecords, FIRST_TIMESTAMP, sampleRecords } from './clients-records.ts'
import { startTarget, type TestBroker } from './clients-target.ts'

const RECORDS = 10_000
const PARTITIONS = 3

/** `test` or `test.skip`, from `testWith`. */
export function describeClient(driver: ClientDriver, it: typeof test | typeof test.skip = test): void {
  describe(driver.name, () => {
    let broker: TestBroker
    beforeAll(async () => {
      broker = await startTarget()
    })
    afterAll(() => broker?.dispose())
    groupTests(driver, it, () => broker)
    topicTests(driver, it, () => broker)
  })
}

function groupTests(driver: ClientDriver, it: typeof test | typeof test.skip, target: () => TestBroker): void {
  const sent = sampleRecords(RECORDS, PARTITIONS, driver.limits)
  const ends = Array.from({ length: PARTITIONS }, (_, partition) => sent.filter(record => record.partition === partition).length)

  it('10,000 records with keys and headers are read back in a group, equal byte for byte', async () => {
    const { address } = target()
    await createTopic(address, 'orders', PARTITIONS)
    await driver.produce(address, 'orders', sent)
    const { records, seen } = await driver.readInGroup({ address, topic: 'orders', group: 'billing', count: RECORDS })
    expectSameRecords(records, sent)
    if (seen) expect(seen).toEqual({ state: 'Stable', memberCount: 1 })
    expect(await committedOffsets(address, 'billing', 'orders')).toEqual(ends)
  })

  it('the next member of the group goes on where the last one committed, also after a restart of the broker', async () => {
    const { address } = target()
    const more = sampleRecords(30, PARTITIONS, driver.limits, 2)
    await driver.produce(address, 'orders', more)
    const second = await driver.readInGroup({ address, topic: 'orders', group: 'billing', count: more.length })
    expect(second.records.map(record => record.offset).toSorted((a, b) => a - b)[0]).toBe(Math.min(...ends))
    expect(second.records.length).toBe(more.length)

    await target().stop()
    await target().start()
    expect(await committedOffsets(address, 'billing', 'orders')).toEqual(ends.map(end => end + more.length / PARTITIONS))
    const last = sampleRecords(9, PARTITIONS, driver.limits, 3)
    await driver.produce(address, 'orders', last)
    const third = await driver.readInGroup({ address, topic: 'orders', group: 'billing', count: last.length })
    expect(third.records.map(record => record.value)).toEqual(expect.arrayContaining(last.map(record => record.value)))
    expect(third.records.length).toBe(last.length)
  })
}

function topicTests(driver: ClientDriver, it: typeof test | typeof test.skip, target: () => TestBroker): void {
  it.each(driver.codecs)('batches compressed with %s are read back', async codec => {
    const { address } = target()
    const sent = sampleRecords(500, 1, driver.limits, 4)
    await createTopic(address, `codec-${codec}`, 1)
    await driver.produce(address, `codec-${codec}`, sent, codec)
    const { records } = await driver.readInGroup({ address, topic: `codec-${codec}`, group: `codec-${codec}`, count: sent.length })
    expectSameRecords(records, sent)
  })

  it('a consumer seeks to the first record at or after a time', async () => {
    const { address } = target()
    const sent = sampleRecords(400, 2, driver.limits, 5)
    await createTopic(address, 'times', 2)
    await driver.produce(address, 'times', sent)
    const inSecond = sent.filter(record => record.partition === 1)
    const aim = driver.limits.timestamps === false ? 0 : 120
    const time = driver.limits.timestamps === false ? FIRST_TIMESTAMP : (inSecond[aim]?.timestamp ?? 0) - 5
    const found = await driver.readAt(address, 'times', 1, time)
    expect(found.offset).toBe(aim)
    expect(found.value).toEqual(inSecond[aim]?.value)
  })

  it('producing to a topic that does not exist creates it', async () => {
    const { address } = target()
    const sent = sampleRecords(20, 1, driver.limits, 6)
    await driver.produce(address, 'made-by-producing', sent)
    const { records } = await driver.readInGroup({ address, topic: 'made-by-producing', group: 'made', count: sent.length })
    expectSameRecords(records, sent)
  })

  it('an unknown topic is an error, and stays unknown, when the client does not ask for its creation', async () => {
    const { address } = target()
    expect(await driver.lookUpMissing(address, 'nowhere')).toMatch(/unknown.?topic/i)
    expect(await withAdmin(address, admin => admin.listTopics())).not.toContain('nowhere')
  })

  const { admin } = driver
  if (!admin) return
  it('topics are created, listed and deleted', async () => {
    const { address } = target()
    await admin.create(address, 'short-lived', 5)
    expect(await admin.list(address)).toContain('short-lived')
    const metadata = await withAdmin(address, observer => observer.fetchTopicMetadata({ topics: ['short-lived'] }))
    expect(metadata.topics[0]?.partitions.length).toBe(5)
    await admin.delete(address, 'short-lived')
    expect(await admin.list(address)).not.toContain('short-lived')
  })
}
