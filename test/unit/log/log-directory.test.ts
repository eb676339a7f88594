/** The folder of all logs: what it opens, deletes, remembers, and leaves alone. */

import { expect, test } from 'vitest'
import { createLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { copyPartition, readForeignLogs } from '../../../core/log/import-logs.ts'
import { LogDirectory, type PartitionToOpen } from '../../../core/log/log-directory.ts'
import { defaultLogConfig } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, readAll, START_MS, TOPIC_ID } from './fixture.ts'

const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg'
const text = (disk: MemoryDisk, path: string): string | undefined => disk.readSmallNow(path)?.toString()
const toOpen = (topic: string, partition = 0, topicId = TOPIC_ID): PartitionToOpen => ({ topic, partition, topicId, config: defaultLogConfig })

async function openDirectory(disk = new MemoryDisk(), folder = '/logs'): Promise<{ logs: LogDirectory; disk: MemoryDisk; clock: SimulatedClock; lines: string[] }> {
  const clock = new SimulatedClock(START_MS)
  const lines: string[] = []
  const logger = createLogger(line => lines.push(line), { now: clock.now.bind(clock) })
  return { logs: await LogDirectory.open({ disk, clock, folder, clusterId: 'cluster', brokerId: 1, logger }), disk, clock, lines }
}

test('a stop and a start keep the records, and a clean stop is marked as Kafka marks it', async () => {
  const { logs, disk, clock } = await openDirectory()
  const log = await logs.create(toOpen('orders'))
  mustAppend(log, batch(['a', 'b']))
  await logs.close()
  expect([clock.pendingCount, disk.openFiles]).toEqual([0, 0])
  expect(JSON.parse(text(disk, '/logs/.kafka_cleanshutdown') ?? '')).toEqual({
    version: 0, brokerEpoch: -1, bootId: 'boot-1', unverified: {}, partitions: { 'orders-0': [0, 2, 0, batch(['a', 'b']).length, 1, 0, 0, START_MS] }, crc: expect.any(Number),
  })
  expect(text(disk, '/logs/meta.properties')).toContain('cluster.id=cluster\nnode.id=1\n')
  const again = await openDirectory(disk)
  expect([again.logs.isClean, disk.existsNow('/logs/.kafka_cleanshutdown')]).toEqual([true, false])
  expect(readAll(await again.logs.open(toOpen('orders')))).toEqual(['a', 'b'])
  await again.logs.close()
})

test('after a kill the tails are known and verified', async () => {
  const { logs, disk } = await openDirectory()
  for (const [index, topic] of ['small', 'large'].entries()) {
    const log = await logs.create(toOpen(topic))
    for (let count = 0; count <= index * 5; count++) mustAppend(log, batch(['a']))
  }
  disk.crash('process')
  const again = await openDirectory(disk)
  expect(again.logs.isClean).toBe(false)
  const size = batch(['a']).length
  expect([await again.logs.tailBytes('small', 0), await again.logs.tailBytes('large', 0), await again.logs.tailBytes('none', 0)]).toEqual([size, size * 6, 0])
  expect(readAll(await again.logs.open(toOpen('large'))).length).toBe(6)
  await again.logs.close()
})

test('a partition that a run never opened is still to be verified after its clean stop, with its offsets kept', async () => {
  const { logs, disk } = await openDirectory()
  for (const topic of ['opened', 'forgotten']) mustAppend(await logs.create(toOpen(topic)), batch(['a']))
  disk.crash('process')
  disk.replaceNow('/logs/log-start-offset-checkpoint', Buffer.from('0\n1\nforgotten 0 1\n'))
  const torn = disk.openNow('/logs/forgotten-0/00000000000000000000.log', 'write')
  torn.writeNow([Buffer.from('torn')], torn.size)
  const second = await openDirectory(disk)
  await second.logs.open(toOpen('opened'))
  await second.logs.close()
  const third = await openDirectory(disk)
  expect(await third.logs.tailBytes('opened', 0)).toBe(0)
  expect(await third.logs.tailBytes('forgotten', 0)).toBeGreaterThan(0)
  const log = await third.logs.open(toOpen('forgotten'))
  expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([1, 1, batch(['a']).length])
  await third.logs.close()
})

test('a partition whose folder vanished after a clean stop gets an epoch above the one it had', async () => {
  const { logs, disk } = await openDirectory()
  const log = await logs.create(toOpen('orders'))
  mustAppend(log, batch(['a']))
  await log.flush()
  for (let loss = 0; loss < 2; loss++) {
    disk.crash('power')
    await (await openDirectory(disk)).logs.open(toOpen('orders'))
  }
  disk.crash('process')
  const stopped = await openDirectory(disk)
  expect((await stopped.logs.open(toOpen('orders'))).leaderEpoch).toBe(2)
  await stopped.logs.close()
  disk.removeNow('/logs/orders-0')
  const again = await openDirectory(disk)
  expect((await again.logs.open(toOpen('orders'))).leaderEpoch).toBe(3)
  await again.logs.close()
})

test('a log that cannot be flushed does not keep others from being made durable', async () => {
  const { logs, disk, clock } = await openDirectory()
  for (const topic of ['failing', 'well']) mustAppend(await logs.create(toOpen(topic)), batch(['a']))
  disk.fail({ call: 'flush', code: 'EIO', path: 'failing-0' })
  clock.advance(60_000)
  for (let turn = 0; turn < 1000 && !text(disk, '/logs/recovery-point-offset-checkpoint')?.includes('well'); turn++) await Promise.resolve()
  expect(text(disk, '/logs/recovery-point-offset-checkpoint')).toBe('0\n2\nfailing 0 0\nwell 0 1\n')
  disk.heal()
  await logs.close()
})

test('each minute logs are made durable, so that little is verified after a kill', async () => {
  const { logs, disk, clock } = await openDirectory()
  const log = await logs.create(toOpen('orders'))
  mustAppend(log, batch(['a', 'b', 'c']))
  clock.advance(60_000)
  while (!text(disk, '/logs/recovery-point-offset-checkpoint')?.includes('orders')) await Promise.resolve()
  expect(text(disk, '/logs/recovery-point-offset-checkpoint')).toBe('0\n1\norders 0 3\n')
  await logs.close()
})

test('a deleted partition is renamed as Kafka does, its name is free at once, and its files go after file.delete.delay.ms', async () => {
  const { logs, disk, clock } = await openDirectory()
  const log = await logs.create(toOpen('orders'))
  mustAppend(log, batch(['a']))
  await logs.delete(log)
  const recreated = await logs.create(toOpen('orders', 0, OTHER_ID))
  expect(readAll(recreated)).toEqual([])
  const waiting = (): string[] => disk.paths.filter(path => path.includes(`/orders-0.${Buffer.from(TOPIC_ID, 'base64url').toString('hex')}-delete/`))
  clock.advance(defaultLogConfig.fileDeleteDelayMs - 1)
  expect(waiting().length).toBeGreaterThan(0)
  clock.advance(1)
  while (waiting().length > 0) await Promise.resolve()
  expect(readAll(recreated)).toEqual([])
  await logs.close()
  expect(clock.pendingCount).toBe(0)
})

test('the folder of a deleted partition has a name that file systems allow, however long the name of its topic', async () => {
  const { disk, logs } = await openDirectory()
  await logs.delete(await logs.create(toOpen('x'.repeat(249))))
  const folders = new Set(disk.paths.flatMap(path => /^\/logs\/([^/]+-delete)\//.exec(path)?.slice(1, 2) ?? []))
  const end = `-0.${Buffer.from(TOPIC_ID, 'base64url').toString('hex')}-delete`
  expect([...folders]).toEqual([`${'x'.repeat(255 - end.length)}${end}`])
  await logs.close()
})

test('a deleted partition whose delay was not over at the stop goes at the next start', async () => {
  const { logs, disk } = await openDirectory()
  await logs.delete(await logs.create(toOpen('orders')))
  await logs.close()
  expect(disk.paths.some(path => path.includes('-delete/'))).toBe(true)
  const again = await openDirectory(disk)
  await again.logs.close()
  expect([disk.paths.filter(path => path.includes('-delete/')), again.clock.pendingCount]).toEqual([[], 0])
})

test('starts that move are on disk as soon as they were saved, and those who ask together share a write', async () => {
  const { logs, disk } = await openDirectory()
  const [one, two] = [await logs.create(toOpen('one')), await logs.create(toOpen('two'))]
  for (const log of [one, two]) mustAppend(log, batch(['a', 'b', 'c']))
  one.trimTo(2)
  const first = logs.saveStartOffsets()
  two.trimTo(1)
  expect(logs.saveStartOffsets()).toBe(first)
  await first
  expect(text(disk, '/logs/log-start-offset-checkpoint')).toBe('0\n2\none 0 2\ntwo 0 1\n')
  disk.crash('power')
  const again = await openDirectory(disk)
  expect((await again.logs.open(toOpen('one'))).startOffset).toBe(2)
  await again.logs.close()
})

test('folders marked as deleted are removed at the next start, folders of deleted topics when they are named', async () => {
  const { logs, disk } = await openDirectory()
  mustAppend(await logs.create(toOpen('gone')), batch(['a']))
  mustAppend(await logs.create(toOpen('going', 0, OTHER_ID)), batch(['a']))
  await logs.close()
  disk.renameNow('/logs/gone-0', `/logs/gone-0.${'0'.repeat(31)}1-delete`)
  const again = await openDirectory(disk)
  expect(again.logs.unknownFolders).toEqual(['going-0'])
  again.logs.removeDeleted(new Set([OTHER_ID]))
  await again.logs.close()
  expect(disk.paths.filter(path => /gone|going/.test(path))).toEqual([])
})

test('a folder that belongs to no topic is listed and left alone; a topic of its name cannot be created over it', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/logs/mine-0')
  disk.replaceNow('/logs/mine-0/notes.txt', Buffer.from('important'))
  const { logs } = await openDirectory(disk)
  await logs.create(toOpen('orders'))
  expect(logs.unknownFolders).toEqual(['mine-0'])
  await expect(logs.create(toOpen('mine'))).rejects.toThrow('/logs/mine-0 exists and belongs to no topic')
  await logs.close()
  expect(text(disk, '/logs/mine-0/notes.txt')).toBe('important')
})

test('a folder with the id of another topic is not opened', async () => {
  const { logs, disk } = await openDirectory()
  mustAppend(await logs.create(toOpen('orders', 0, OTHER_ID)), batch(['a']))
  await logs.close()
  const again = await openDirectory(disk)
  await expect(again.logs.open(toOpen('orders'))).rejects.toThrow(`holds the topic id ${OTHER_ID}`)
  await again.logs.close()
})

test.each(['version=2\n', 'version=1\nmillrace.format=2\n'])('a folder of a newer format (%j) is refused by name, and nothing in it changes', async meta => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/logs')
  disk.replaceNow('/logs/meta.properties', Buffer.from(meta))
  disk.replaceNow('/logs/.kafka_cleanshutdown', Buffer.from(''))
  await expect(openDirectory(disk)).rejects.toThrow(/^\/logs was written by a newer version/)
  expect(disk.paths).toEqual(['/logs/.kafka_cleanshutdown', '/logs/meta.properties'])
})

test('a log that cannot be closed is named in the marker, and verified at the next start; the others are trusted', async () => {
  const { logs, disk, lines } = await openDirectory()
  for (const topic of ['orders', 'refunds']) mustAppend(await logs.create(toOpen(topic)), batch(['a']))
  disk.fail({ call: 'open', code: 'EIO', path: 'orders-0/00000000000000000001.snapshot' })
  await logs.close()
  disk.heal()
  expect(JSON.parse(text(disk, '/logs/.kafka_cleanshutdown') ?? '')).toMatchObject({ unverified: { 'orders-0': 'killed' }, partitions: { 'refunds-0': [0, 1, 0, batch(['a']).length, 1, 0, 0, START_MS] } })
  expect(lines.join('\n')).toContain('could not be closed cleanly')
  const again = await openDirectory(disk)
  const [orders, refunds] = [await again.logs.open(toOpen('orders')), await again.logs.open(toOpen('refunds'))]
  expect([orders.recovery.how, refunds.recovery.how, readAll(orders), readAll(refunds)]).toEqual(['tail', 'clean', ['a'], ['a']])
  await again.logs.close()
})

test('topics whose partitions are all there are taken over from a foreign folder, the rest is skipped with its reason', async () => {
  const { logs, disk } = await openDirectory(new MemoryDisk(), '/kafka')
  for (const partition of [0, 1]) mustAppend(await logs.create(toOpen('whole', partition)), batch(['a', 'b', 'c', `p${partition}`]))
  for (const partition of [1, 2]) await logs.create(toOpen('holes', partition, OTHER_ID))
  await logs.create(toOpen('__consumer_offsets', 0, OTHER_ID))
  mustAppend(await logs.create(toOpen('ancient', 0, OTHER_ID)), batch(['a']))
  await logs.close()
  disk.openNow('/kafka/ancient-0/00000000000000000000.log', 'write').writeNow([Buffer.from([1])], 16)
  for (const name of [`whole-0.${'a'.repeat(32)}-delete`, `whole-0.${'a'.repeat(32)}-future`, `x-0.${'a'.repeat(32)}-stray`, 'plain', 'old-0']) disk.makeFolderNow(`/kafka/${name}`)
  disk.replaceNow('/kafka/log-start-offset-checkpoint', Buffer.from('0\n1\nwhole 1 2\n'))
  const before = disk.paths.map(path => [path, text(disk, path)])

  const { topics, skipped } = await readForeignLogs(disk, '/kafka')
  expect(topics).toEqual([{ name: 'whole', topicId: TOPIC_ID, partitionCount: 2, folders: ['whole-0', 'whole-1'] }])
  expect(Object.fromEntries(skipped.map(({ folder, reason }) => [folder.replace(/\.a+/, ''), reason]))).toEqual({
    'whole-0-delete': 'it was being deleted',
    'whole-0-future': 'it was being moved between disks',
    'x-0-stray': 'Kafka had set it aside as stray',
    '__consumer_offsets-0': 'internal topics stay with their cluster',
    'holes-1': 'partition 0 of the topic is missing, and partitions go from 0 without a gap',
    'holes-2': 'partition 0 of the topic is missing, and partitions go from 0 without a gap',
    'old-0': 'it has no partition.metadata with a topic id',
    'ancient-0': 'its records are of a format that Kafka wrote before 0.11',
    plain: 'its name is not topic-partition',
  })

  const ours = await openDirectory(disk)
  await ours.logs.close()
  for (const partition of [0, 1]) expect(await copyPartition(disk, `/kafka/whole-${partition}`, `/logs/whole-${partition}`)).toBeGreaterThan(0)
  expect(disk.paths.filter(path => path.startsWith('/kafka')).map(path => [path, text(disk, path)])).toEqual(before)
  const { logs: adopted } = await openDirectory(disk)
  expect(readAll(await adopted.open(toOpen('whole', 0)))).toEqual(['a', 'b', 'c', 'p0'])
  const moved = await adopted.open(toOpen('whole', 1))
  expect([moved.startOffset, readAll(moved)]).toEqual([2, ['c', 'p1']])
  await adopted.close()
})
