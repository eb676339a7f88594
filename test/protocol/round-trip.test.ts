/** Whatever can be written reads back equal, in every message and version. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Reader } from '../../core/protocol/wire.ts'
import { arbitraryOf } from './arbitrary.ts'
import { everyVersion } from './messages.ts'

test.each(everyVersion)('$title reads back what it wrote, to the last byte', ({ message, version }) => {
  const check = (value: any) => {
    const reader = new Reader(Buffer.concat(message.encode(value, version)))
    expect(message.decode(reader, version)).toEqual(value)
    expect(reader.remaining).toBe(0)
  }
  fc.assert(fc.property(arbitraryOf(message, version), check), { numRuns: 60 })
})
