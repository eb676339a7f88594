import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Catalog, CatalogError, type TopicRecord } from '../../../core/catalog/catalog.ts'
import { migrations } from '../../../core/catalog/migrations/index.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'

const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true })
})

const orders: TopicRecord = { name: 'orders', topicId: 'b2xkLXRvcGljLWlkLTAwMQ', partitionCount: 6, isInternal: false, configs: { 'retention.ms': '1000' }, createdAt: 17 }

test('topics, configs and facts are there again after a restart', () => {
  const file = join(folder(), 'catalog.db')
  const first = Catalog.open({ file, disk: nodeDisk })
  first.addTopic(orders)
  first.setFact('cluster-id', 'one')
  first.setFact('cluster-id', 'two')
  first.setPartitionCount('orders', 8)
  first.close()
  const second = Catalog.open({ file, disk: nodeDisk })
  expect(second.topics()).toEqual([{ ...orders, partitionCount: 8 }])
  expect(second.fact('cluster-id')).toBe('two')
  second.close()
})

test('a deleted topic leaves its id behind until its folders are gone', () => {
  const catalog = Catalog.open({ file: ':memory:', disk: nodeDisk })
  catalog.addTopic(orders)
  catalog.removeTopic(orders, 18)
  expect([catalog.topics(), [...catalog.deletedTopicIds()]]).toEqual([[], [orders.topicId]])
  catalog.forgetDeletedTopic(orders.topicId)
  expect(catalog.deletedTopicIds().size).toBe(0)
  catalog.close()
})

test('a topic that comes back under its deleted id, as a second import brings it, is no longer a deleted one', () => {
  const catalog = Catalog.open({ file: ':memory:', disk: nodeDisk })
  catalog.addTopic(orders)
  catalog.removeTopic(orders, 18)
  catalog.addTopic(orders)
  expect([catalog.topics(), catalog.deletedTopicIds().size]).toEqual([[orders], 0])
  catalog.close()
})

test('before each migration the file is copied, and the copy opens as it was', () => {
  const at = folder()
  const file = join(at, 'catalog.db')
  const old = Catalog.open({ file, disk: nodeDisk })
  old.addTopic(orders)
  old.close()
  const next = [...migrations, { version: migrations.length + 1, sql: 'CREATE TABLE later (x INTEGER) STRICT' }]
  Catalog.open({ file, disk: nodeDisk, migrations: next }).close()
  expect(readdirSync(at)).toContain(`catalog.db.v${migrations.length}.bak`)
  const copy = Catalog.open({ file: join(at, `catalog.db.v${migrations.length}.bak`), disk: nodeDisk })
  expect(copy.topics()).toEqual([orders])
  copy.close()
})

test('a newer catalog, and a file that is none, are refused by name and left as they are', () => {
  const file = join(folder(), 'catalog.db')
  Catalog.open({ file, disk: nodeDisk, migrations: [...migrations, { version: migrations.length + 1, sql: 'SELECT 1' }] }).close()
  expect(() => Catalog.open({ file, disk: nodeDisk })).toThrow(CatalogError)
  expect(() => Catalog.open({ file, disk: nodeDisk })).toThrow(`${file} was written by a newer Millrace`)
  const nonsense = join(folder(), 'catalog.db')
  writeFileSync(nonsense, 'x'.repeat(4096))
  expect(() => Catalog.open({ file: nonsense, disk: nodeDisk })).toThrow(`${nonsense} cannot be opened: it is not a SQLite file`)
})
