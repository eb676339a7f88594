/** Half a minute of the fuzzer: hostile frames and requests, beside clients who must not notice. MILLRACE_SEED draws others. */

import { expect, test } from 'vitest'
import { fuzz } from '../fuzz/fuzz.ts'

const seed = Number(process.env['MILLRACE_SEED'] ?? 1)

test(`frames and requests of seed ${seed} that mean no good harm nobody, and leave nothing behind`, async () => {
  const report = await fuzz({ seconds: 30, seed })
  process.stdout.write(`fuzz: ${JSON.stringify(report)}\n`)
  expect(report.frames).toBeGreaterThan(500)
  expect(Math.min(...Object.values(report.done))).toBeGreaterThan(0)
})
