/** The kcat command of a draft: what a shell hands to kcat is the record. */

import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { kcatCommand } from '../../../../../renderer/features/produce/kcat-command.ts'
import { bytesOf, emptyDraft, type Draft } from '../../../../../renderer/features/produce/produce-state.ts'

const draft = (part: Partial<Draft>): Draft => ({ ...emptyDraft, topic: 'orders', ...part })
const json = (text: string): Draft['value'] => ({ mode: 'json', text, isNull: false })
const key = (text: string): Draft['key'] => ({ mode: 'text', text, isNull: false })

test('key, partition and headers are options, each one word of the shell', () => {
  const written = draft({
    partition: 3, key: key("it's"), value: json('{"a":1}'),
    headers: [{ id: 1, name: 'trace id', text: 'x y', isNull: false }, { id: 2, name: 'none', text: '', isNull: true }],
  })
  expect(kcatCommand(written, '127.0.0.1:9092')).toBe(
    String.raw`printf %s '{"a":1}' |
  kcat -b 127.0.0.1:9092 -t orders -P \
  -p 3 \
  -k 'it'\''s' \
  -H 'trace id=x y' \
  -H none`,
  )
})

test("a key goes where Kafka's own partitioner would put it", () => {
  expect(kcatCommand(draft({ key: key('a'), value: json('1') }), 'b:1')).toContain('-X partitioner=murmur2_random')
  expect(kcatCommand(draft({ value: json('1') }), 'b:1')).not.toContain('partitioner')
})

test('a tombstone and an empty value come with their key, as kcat skips empty lines', () => {
  const tombstone = draft({ key: key('a'), value: { mode: 'json', text: '', isNull: true } })
  expect(kcatCommand(tombstone, 'b:1')).toBe(String.raw`printf 'a\037' |
  kcat -b b:1 -t orders -P \
  -X partitioner=murmur2_random \
  -K '\x1f' \
  -Z`)
  expect(kcatCommand(draft({ key: key('a'), value: json('') }), 'b:1')).not.toContain('-Z')
})

test('what kcat cannot do is said before the command', () => {
  expect(kcatCommand(draft({ time: '1', value: json('1') }), 'b:1')).toMatch(/^# kcat cannot set a time\n/)
  expect(kcatCommand(draft({ value: json('') }), 'b:1')).toMatch(/^# kcat cannot send a null key with an empty value/)
})

test.skipIf(process.platform === 'win32')('the input of kcat is the value, byte for byte', () => {
  const values: readonly Draft['value'][] = [
    json('{\n  "note": "it\'s 100 % \\n $HOME `x`"\n}'),
    { mode: 'text', text: '-n ä 🦊', isNull: false },
    { mode: 'hex', text: '2d 25 73 5c 6e 27 00 ff 31 0a', isNull: false },
  ]
  for (const value of values) {
    const input = kcatCommand(draft({ value }), 'b:1').split(' |\n  kcat')[0] ?? ''
    expect(new Uint8Array(execFileSync('sh', ['-c', input])), value.text).toEqual(bytesOf(value))
  }
})
