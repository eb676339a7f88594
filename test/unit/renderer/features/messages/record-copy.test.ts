import { expect, test } from 'vitest'
import type { Cell, MessageDetail } from '../../../../../core/studio/contract/messages.ts'
import { recordJson } from '../../../../../renderer/features/messages/record-copy.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const cell = (is: 'json' | 'text' | 'hex', text: string, restBytes = 0): Cell => ({
  is,
  text,
  sizeBytes: text.length + restBytes,
  restBytes,
})

function detail(part: Partial<MessageDetail> & { readonly key?: Cell; readonly value?: Cell }): MessageDetail {
  const { key = { is: 'null' }, value = { is: 'null' }, ...rest } = part
  return {
    row: { partition: 3, offset: 9007199254740993n, timestamp: 0n, timestampType: 'create', key, value, headerCount: 0, sizeBytes: 0 },
    headers: [],
    batch: {
      baseOffset: 0n,
      recordCount: 1,
      codec: 'none',
      sizeBytes: 1,
      inflatedBytes: 1,
      producerId: null,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: false,
      leaderEpoch: 0,
    },
    keyBytes: null,
    valueBytes: null,
    keySizeBytes: 0,
    valueSizeBytes: 0,
    decoder: '',
    ...rest,
  }
}

test('a value that is JSON is copied as it was written, every digit of it, on one line', () => {
  const value = '{\n  "basket": 9007199254740993,\n  "amount": 1249.50\n}'
  const json = recordJson('orders', detail({ value: cell('json', value), valueBytes: bytes(value), valueSizeBytes: value.length }))
  expect(json).toContain('"offset":9007199254740993,')
  expect(json).toContain('"value":{ "basket": 9007199254740993, "amount": 1249.50 },')
  expect(json).not.toContain('\n')
})

test('text is a string, other bytes are hex, nothing is null', () => {
  const json = recordJson(
    'orders',
    detail({
      key: cell('text', 'a\t"b"'),
      keyBytes: bytes('a\t"b"'),
      keySizeBytes: 5,
      value: cell('hex', '00ff'),
      valueBytes: Uint8Array.of(0, 255),
      valueSizeBytes: 2,
    }),
  )
  expect(JSON.parse(json)).toMatchObject({ topic: 'orders', partition: 3, key: 'a\t"b"', value: { hex: '00ff' }, headers: [] })
  expect(JSON.parse(recordJson('orders', detail({})))).toMatchObject({ key: null, value: null })
})

test('what was left out of a long value is said', () => {
  const json = recordJson('orders', detail({ value: cell('json', '{"a":', 95), valueBytes: bytes('{"a":'), valueSizeBytes: 100 }))
  expect(JSON.parse(json)).toMatchObject({ value: { text: '{"a":', restBytes: 95 } })
})

test('headers are copied with their values', () => {
  const json = recordJson(
    'orders',
    detail({
      headers: [
        { name: 'trace', value: cell('text', '4bf9') },
        { name: 'none', value: { is: 'null' } },
      ],
    }),
  )
  expect(JSON.parse(json)).toMatchObject({
    headers: [
      { name: 'trace', value: '4bf9' },
      { name: 'none', value: null },
    ],
  })
})
