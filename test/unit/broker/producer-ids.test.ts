/** Producer ids that were handed out are never handed out again. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { ProducerIds } from '../../../core/broker/producer-ids.ts'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'

test('while the catalog takes no new block no id is given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const file = join(folder, 'catalog.db')
  const catalog = Catalog.open({ file, disk: nodeDisk })
  const other = new Database(file)
  try {
    const ids = new ProducerIds(catalog)
    other.exec("CREATE TRIGGER refuse BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'no'); END")
    expect(() => ids.next()).toThrow('no')
    expect(() => ids.next()).toThrow('no')
    other.exec('DROP TRIGGER refuse')
    expect([ids.next(), ids.next(), new ProducerIds(catalog).next()]).toEqual([0, 1, 1000])
  } finally {
    other.close()
    catalog.close()
    rmSync(folder, { recursive: true })
  }
})
