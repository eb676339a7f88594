import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { DataFolderBusy, lockDataFolder } from '../../../core/catalog/data-lock.ts'
import { migrations } from '../../../core/catalog/migrations/index.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'

const lockModule = join(import.meta.dirname, '../../../core/catalog/data-lock.ts')
const diskModule = join(import.meta.dirname, '../../../core/common/node-disk.ts')

/** What another process says when it tries the same folder. */
function tryFromAnotherProcess(folder: string): string {
  const script = `
    import { lockDataFolder } from ${JSON.stringify(lockModule)}
    import { nodeDisk } from ${JSON.stringify(diskModule)}
    try { lockDataFolder(${JSON.stringify(folder)}, nodeDisk, process.pid).release(); process.stdout.write('locked') }
    catch (cause) { process.stdout.write(cause.message) }`
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
}

test('a second process is refused with the name of the folder and of the holder, also after a migration, until the first lets go', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const file = join(folder, 'catalog.db')
  const lock = lockDataFolder(folder, nodeDisk, process.pid)
  Catalog.open({ file, disk: nodeDisk }).close()
  Catalog.open({ file, disk: nodeDisk, migrations: [...migrations, { version: 2, sql: 'CREATE TABLE later (x INTEGER) STRICT' }] }).close()
  const refusal = tryFromAnotherProcess(folder)
  expect(refusal).toContain(`the data folder ${folder} is in use by another Millrace (process ${process.pid})`)
  expect(() => lockDataFolder(folder, nodeDisk, process.pid)).toThrow(DataFolderBusy)
  lock.release()
  expect(tryFromAnotherProcess(folder)).toBe('locked')
  rmSync(folder, { recursive: true })
})
