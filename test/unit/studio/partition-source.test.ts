/** Segments that go while the scan thread reads them. */

import { expect, test } from 'vitest'
import type { MessagePage } from '../../../core/studio/contract/messages.ts'
import { Leases, sourceOf } from '../../../core/studio/partition-source.ts'
import { decodeMessage } from '../../../core/studio/rpc/codec.ts'
import { Scanner } from '../../../core/studio/scan/scan.ts'
import { batch, filesOf, mustAppend, openLog } from '../log/fixture.ts'

test('a page that is being read keeps the segments that retention takes meanwhile, and lets go of them after it', async () => {
  const { log, disk, clock } = await openLog({ config: { fileDeleteDelayMs: 1000 } })
  for (const value of ['a', 'b', 'c']) {
    mustAppend(log, batch([value]))
    log.roll()
  }
  const leases = new Leases()
  const source = sourceOf(log, { cursor: 0, direction: 'forward', leases })
  log.dropFirst(2)
  clock.advance(5000)
  const answer = await new Scanner(disk).ask({ is: 'page', sources: [source], direction: 'forward', limit: 10, cellBytesMax: 1e6 })
  if (answer.is !== 'page') throw new Error(answer.is)
  const page = decodeMessage(Buffer.concat([Buffer.from([0xc0]), answer.bytes])).payload as MessagePage
  expect(page.rows.map(({ value }) => 'text' in value && value.text)).toEqual(['a', 'b', 'c'])
  const waiting = (): string[] => Object.keys(filesOf(disk)).filter(name => name.endsWith('.deleted'))
  expect(waiting().length).toBeGreaterThan(0)
  leases.release()
  clock.advance(0)
  while (waiting().length > 0) await Promise.resolve()
  await log.close()
  expect([clock.pendingCount, disk.openFiles]).toEqual([0, 0])
})
