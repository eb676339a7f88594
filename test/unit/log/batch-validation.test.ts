/** A batch as LogValidator sees it: at once, in line and streamed, with the same answer each time. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { INFLATED_BATCH_BYTES_MAX } from '../../../core/common/limits.ts'
import { type BatchRules, type Refusal, validateBatch, validateInline, validateStreamed } from '../../../core/log/batch-validation.ts'
import { defaultLogConfig, type LogConfig } from '../../../core/log/log-config.ts'
import { attributesOf, BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, codecIdOf, isIntact, isLogAppendTime, maxTimestampOf, sign } from '../../../core/records/batch-header.ts'
import { type Codec, codecId, deflate } from '../../../core/records/compression.ts'
import { encodeBatch, type NewBatch, readBatch } from '../../../core/records/record-batch.ts'
import { batch, record, START_MS } from './fixture.ts'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const rules = (config: Partial<LogConfig> = {}): BatchRules => ({ name: 'orders-0', config: { ...defaultLogConfig, ...config }, origin: 'client', nowMs: START_MS })

/** The answer but for the words of what is malformed: a stream finds another fault of it first. */
const essence = (answer: Buffer | Refusal): unknown => Buffer.isBuffer(answer) ? answer : { error: answer.error, recordErrors: answer.recordErrors }

/** What each way says of it, which must be the same; the inline way may leave it. */
async function validated(bytes: Buffer, config: Partial<LogConfig> = {}): Promise<Buffer | Refusal> {
  const atOnce = validateBatch(Buffer.from(bytes), rules(config))
  const inline = validateInline(Buffer.from(bytes), rules(config))
  expect(essence(await validateStreamed(Buffer.from(bytes), rules(config)))).toEqual(essence(atOnce))
  if (inline !== 'slow') expect(inline).toEqual(atOnce)
  return atOnce
}

/** The batch with another record section, signed; the count is as it was unless told. */
function withSection(bytes: Buffer, section: Buffer, o: { codec?: Codec; count?: number } = {}): Buffer {
  const made = Buffer.concat([bytes.subarray(0, BATCH_HEADER_BYTES), deflate(o.codec ?? 'none', section)])
  made.writeInt32BE(made.length - BATCH_PREFIX_BYTES, 8)
  made.writeInt16BE((attributesOf(bytes, 0) & ~7) | codecId(o.codec ?? 'none'), 21)
  if (o.count !== undefined) {
    made.writeInt32BE(o.count - 1, 23)
    made.writeInt32BE(o.count, 57)
  }
  sign(made, 0)
  return made
}

const sectionOf = (bytes: Buffer): Buffer => bytes.subarray(BATCH_HEADER_BYTES)
const values = (bytes: Buffer | Refusal): string[] => {
  if (!Buffer.isBuffer(bytes)) throw new Error(`${bytes.error}: ${bytes.message}`)
  return [...readBatch(bytes).records()].map(({ offset, value }) => `${offset} ${String(value)}`)
}
const many = (count: number, more: Partial<NewBatch> = {}): Buffer => batch(Array.from({ length: count }, (_, index) => `value ${index} of a batch`), more)

test.each([...codecs, 'none'] as const)('a batch of any size and shape is accepted as it was sent: %s', async codec => {
  for (const bytes of [batch(['a'], { codec }), many(20_000, { codec }), batch(['x'.repeat(300_000), 'y', 'z'.repeat(70_000)], { codec })]) {
    const accepted = await validated(bytes)
    expect(Buffer.isBuffer(accepted) && accepted.equals(bytes)).toBe(true)
  }
})

test('what would hold up the serving thread is left by the inline way: large, or to be recompressed', () => {
  for (const codec of codecs) {
    expect(validateInline(batch(['a'.repeat(200_000)], { codec }), rules())).toBeInstanceOf(Buffer)
    expect(validateInline(batch(['a'.repeat(300_000)], { codec }), rules())).toBe('slow')
    expect(validateInline(batch(['a'], { codec }), rules({ compressionType: 'uncompressed' }))).toBe('slow')
    expect(validateInline(batch(['a'], { codec }), rules({ compressionType: codec }))).toBeInstanceOf(Buffer)
  }
  expect(validateInline(batch(['a'.repeat(300_000)]), rules())).toBeInstanceOf(Buffer)
  expect(validateInline(batch(['a']), rules({ compressionType: 'gzip' }))).toBe('slow')
})

test.each(codecs)('what is wrong inside a large %s batch is found as in a small one', async codec => {
  for (const count of [3, 30_000]) {
    const plain = many(count)
    const section = sectionOf(plain)
    expect(await validated(withSection(plain, section, { codec, count: count - 1 }))).toMatchObject({ error: 'INVALID_RECORD' })
    expect(await validated(withSection(plain, section, { codec, count: count + 1 }))).toMatchObject({ error: 'INVALID_RECORD' })
    expect(await validated(withSection(plain, section.subarray(0, -1), { codec }))).toMatchObject({ error: 'INVALID_RECORD' })
    expect(await validated(withSection(plain, Buffer.concat([section, Buffer.alloc(1)]), { codec }))).toMatchObject({ error: 'INVALID_RECORD' })
    const keyless = encodeBatch({ codec, records: [...Array.from({ length: count }, () => record('v')), record('v', { key: null })] })
    expect(await validated(keyless, { cleanupPolicy: ['compact'] })).toEqual({
      error: 'INVALID_RECORD',
      message: 'One or more records have been rejected due to 1 record errors in total, and only showing the first three errors at most: ' +
        `[RecordError(batchIndex=${count}, message='Compacted topic cannot accept message without key in topic partition orders-0')]`,
      recordErrors: [{ index: count, message: 'Compacted topic cannot accept message without key in topic partition orders-0' }],
    })
  }
})

test('a faulty timestamp outranks a missing key, and is told in Kafka\'s words', async () => {
  const records = [record('v', { key: null }), record('v', { timestamp: START_MS + 3_600_001 }), record('v', { timestamp: -1 })]
  expect(await validated(encodeBatch({ records }), { cleanupPolicy: ['compact'] })).toEqual({
    error: 'INVALID_TIMESTAMP',
    message: 'One or more records have been rejected due to invalid timestamp',
    recordErrors: [
      { index: 0, message: 'Compacted topic cannot accept message without key in topic partition orders-0' },
      {
        index: 1,
        message: `Timestamp ${START_MS + 3_600_001} of message with offset 1 is out of range. ` +
          `The timestamp should be within [${BigInt(START_MS) - 9_223_372_036_854_775_807n}, ${START_MS + 3_600_000}]`,
      },
    ],
  })
})

test('of many faulty records the first hundred are listed and all are counted, and a timestamp after them still outranks', async () => {
  const keyless = Array.from({ length: 250 }, () => record('v', { key: null }))
  const refused = await validated(encodeBatch({ records: keyless }), { cleanupPolicy: ['compact'] })
  expect(refused).toMatchObject({ error: 'INVALID_RECORD', message: expect.stringContaining('due to 250 record errors in total') })
  expect((refused as Refusal).recordErrors?.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(await validated(encodeBatch({ records: [...keyless, record('v', { timestamp: START_MS + 9e9 })] }), { cleanupPolicy: ['compact'] }))
    .toMatchObject({ error: 'INVALID_TIMESTAMP' })
})

test('a producer may not set LogAppendTime where the broker sets it', async () => {
  const refused = await validated(batch(['v'], { timestampType: 'LogAppendTime' }), { timestampType: 'LogAppendTime' })
  expect(refused).toMatchObject({
    error: 'INVALID_TIMESTAMP',
    recordErrors: [{
      index: 0,
      message: `Invalid timestamp type in message DefaultRecord(offset=0, timestamp=${START_MS}, key=3 bytes, value=1 bytes). ` +
        'Producer should not set timestamp type to LogAppendTime.',
    }],
  })
})

test.each(['none', ...codecs] as const)('records whose offsets do not count up are numbered anew: %s', async codec => {
  const plain = many(3000)
  const section = Buffer.from(sectionOf(plain))
  // The first record is 1 byte of length, 1 of attributes, 1 of timestamp delta, then its offset delta: 0 becomes 5.
  expect(section[3]).toBe(0)
  section[3] = 10
  const rebuilt = await validated(withSection(plain, section, { codec }))
  expect(values(rebuilt)).toEqual(values(plain))
  expect(Buffer.isBuffer(rebuilt) && isIntact(rebuilt, 0) && codecIdOf(attributesOf(rebuilt, 0))).toBe(codecId(codec))
})

test('a topic with a codec of its own recompresses, header and all, and measures the batch again', async () => {
  for (const from of ['none', ...codecs] as const) {
    for (const to of ['uncompressed', ...codecs] as const) {
      const sent = batch(['one', 'two'], { codec: from, producerId: 7, producerEpoch: 1, baseSequence: 3, isTransactional: false })
      const stored = await validated(sent, { compressionType: to, timestampType: 'LogAppendTime' })
      expect(values(stored)).toEqual(['0 one', '1 two'])
      if (!Buffer.isBuffer(stored)) throw new Error('refused')
      const { producerId, producerEpoch, baseSequence } = readBatch(stored)
      expect([producerId, producerEpoch, baseSequence]).toEqual([7, 1, 3])
      expect([codecIdOf(attributesOf(stored, 0)), isLogAppendTime(attributesOf(stored, 0)), maxTimestampOf(stored, 0), isIntact(stored, 0)])
        .toEqual([codecId(to === 'uncompressed' ? 'none' : to), true, START_MS, true])
    }
  }
  const wide = batch(['a'.repeat(10_000)], { codec: 'gzip' })
  expect(await validated(wide, { compressionType: 'uncompressed', maxMessageBytes: 5000 })).toMatchObject({ error: 'MESSAGE_TOO_LARGE' })
})

test.each(['gzip', 'zstd'] as const)('the level of %s has its effect', async codec => {
  const sent = batch(Array.from({ length: 4000 }, (_, index) => `{"id":${Math.imul(index, 2654435761) >>> 0},"name":"number ${index}"}`))
  const sizeAt = async (level: number): Promise<number> => {
    const stored = await validated(sent, { compressionType: codec, compressionLevels: { ...defaultLogConfig.compressionLevels, [codec]: level } })
    return Buffer.isBuffer(stored) ? stored.length : 0
  }
  expect(await sizeAt(9)).toBeLessThan(await sizeAt(1))
})

test('control records of a coordinator stay as they were written on a topic that recompresses', () => {
  const marker = batch(['marker'], { isControl: true, isTransactional: true })
  expect(validateBatch(marker, { ...rules({ compressionType: 'zstd' }), origin: 'coordinator' })).toBe(marker)
})

test.each([5, 6, 7])('codec id %i is refused', async id => {
  const bytes = batch(['a'])
  bytes.writeInt16BE(id, 21)
  sign(bytes, 0)
  expect(await validated(bytes)).toMatchObject({ error: 'INVALID_RECORD' })
})

test('a batch that inflates beyond the bound is refused as too large, so that its producer splits it', async () => {
  const plain = encodeBatch({ records: [record(null, { value: Buffer.alloc(INFLATED_BATCH_BYTES_MAX) })] })
  for (const codec of ['gzip', 'lz4', 'zstd'] as const) {
    const bytes = withSection(plain, sectionOf(plain), { codec })
    expect(await validateStreamed(bytes, rules({ maxMessageBytes: bytes.length }))).toMatchObject({ error: 'MESSAGE_TOO_LARGE' })
  }
})

test.each(['gzip', 'lz4', 'zstd'] as const)('a record of 100 MiB in a few KiB of %s is taken as it is, and need not be held', async codec => {
  const plain = encodeBatch({ records: [record(null, { value: Buffer.alloc(100 * 1024 * 1024) })] })
  const bytes = withSection(plain, sectionOf(plain), { codec })
  expect(bytes.length).toBeLessThan(512 * 1024)
  expect(await validateStreamed(bytes, rules())).toBe(bytes)
})

test.each(codecs)('a %s bomb of zeros is refused at its first bytes, before memory is spent', async codec => {
  const bomb = withSection(batch(['a']), Buffer.alloc(100 * 1024 * 1024), { codec })
  const before = process.memoryUsage()
  const refused = await validateStreamed(bomb, rules({ maxMessageBytes: bomb.length }))
  const after = process.memoryUsage()
  expect(refused).toMatchObject({ error: 'INVALID_RECORD' })
  if (codec !== 'snappy') expect(after.external - before.external).toBeLessThan(8 * 1024 * 1024) // a raw snappy block is 4.7 MiB itself
})

test.each(['none', ...codecs] as const)('whatever bytes change in a %s batch, the answer is a batch or a refusal', async codec => {
  const base = encodeBatch({
    codec,
    records: Array.from({ length: 40 }, (_, index) => record(`value ${index}`, { headers: [{ name: 'h', value: Buffer.from('1') }, { name: 'empty', value: null }] })),
  })
  const change = fc.record({ at: fc.integer({ min: 0, max: base.length - 1 }), to: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 20 }), fc.boolean(), fc.constantFrom('producer', 'lz4', 'uncompressed'),
    async (changes, cut, isSigned, compressionType) => {
      const bytes = Buffer.from(base.subarray(0, base.length - cut))
      for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to
      if (isSigned) {
        bytes.writeInt32BE(bytes.length - BATCH_PREFIX_BYTES, 8)
        bytes[16] = 2
        sign(bytes, 0)
      }
      const answer = await validated(bytes, { compressionType, cleanupPolicy: ['compact'] })
      if (Buffer.isBuffer(answer)) expect(values(answer).length).toBeGreaterThan(0)
      else expect(answer.error).not.toBe('KAFKA_STORAGE_ERROR')
    },
  ), { seed: 5, numRuns: 1500 })
})
