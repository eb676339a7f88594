/** `millrace serve` when a start does not go well: it says why, ends with a code that is not 0, and leaves nothing. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MillraceProcess, runMillrace } from '../support/broker-process.ts'
import { targetIsKafka } from '../support/clients-target.ts'

const it = test.skipIf(targetIsKafka)

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

it('a window whose port is taken ends the start, and the broker that ran already is stopped cleanly', async () => {
  const folder = newFolder()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const ran = await runMillrace(['serve', '--listen', '127.0.0.1:0', '--data', folder, '--http', `127.0.0.1:${port}`], { codes: [1] })
  expect(ran.stderr).toContain(String(port))
  expect(existsSync(join(folder, 'logs', '.kafka_cleanshutdown'))).toBe(true)
  expect(existsSync(join(folder, 'lock.pid'))).toBe(false)
})

it('a ready file of an earlier run goes before the start, and comes back only with the address of this one', async () => {
  const folder = newFolder()
  const ready = join(folder, 'ready')
  writeFileSync(ready, 'long ago\n')
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const refused = await runMillrace(['serve', '--listen', '127.0.0.1:0', '--data', file, '--ready-file', ready], { codes: [1] })
  expect(refused.stderr).toContain(file)
  expect(existsSync(ready)).toBe(false)
  writeFileSync(ready, 'long ago\n')
  const broker = new MillraceProcess({ args: ['--ready-file', ready] })
  onTestFinished(() => broker.dispose())
  await broker.start()
  await expect.poll(() => existsSync(ready)).toBe(true)
  expect(readFileSync(ready, 'utf8').trim()).toBe(broker.address)
})
