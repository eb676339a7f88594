/** A record written by hand: bytes, checks, what is asked of the engine. */

import { expect, test } from 'vitest'
import type { TopicRow } from '../../../../../core/studio/contract/topics.ts'
import {
  checkValue, chooseTopic, emptyDraft, firstProblem, inputOf, isNewTopic, problemsOf, timeOf, typeKey, type Draft,
} from '../../../../../renderer/features/produce/produce-state.ts'

const topic = (name: string, partitionCount: number, isInternal = false): TopicRow => ({
  topic: name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', isInternal, partitionCount, replicationFactor: 1, recordCount: 0n, sizeBytes: 0, inRecordsRate: 0, inBytesRate: 0,
  history: [], retentionMs: -1n, cleanupPolicy: 'delete', readBy: [], recoveringCount: 0, offlineCount: 0, cutCount: 0, underReplicatedCount: 0, leaderlessCount: 0,
})
const topics = [topic('orders', 6), topic('payments', 1), topic('__consumer_offsets', 50, true)]
const draft = (part: Partial<Draft>): Draft => ({ ...emptyDraft, topic: 'orders', ...part })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a draft becomes what the engine is asked for', () => {
  const written = draft({
    partition: 3,
    time: '1700000000000',
    key: { mode: 'text', text: 'eu-48213', isNull: false },
    value: { mode: 'hex', text: '00 ff', isNull: false },
    headers: [{ id: 1, name: 'trace', text: 'ä', isNull: false }, { id: 2, name: 'none', text: 'x', isNull: true }],
  })
  expect(inputOf(written)).toEqual({
    topic: 'orders', partition: 3, key: bytes('eu-48213'), value: Uint8Array.of(0, 255), timestamp: 1_700_000_000_000n,
    headers: [{ name: 'trace', value: bytes('ä') }, { name: 'none', value: null }],
  })
  expect(inputOf(draft({ value: { mode: 'json', text: '{}', isNull: true } }))).toEqual({
    topic: 'orders', partition: null, key: null, value: null, timestamp: null, headers: [],
  })
})

test('clearing the key takes it away; an empty key has to be asked for', () => {
  const typed = typeKey(emptyDraft.key, 'a')
  expect(typed).toEqual({ mode: 'text', text: 'a', isNull: false })
  expect(typeKey(typed, '')).toEqual({ mode: 'text', text: '', isNull: true })
  expect(inputOf(draft({ key: { mode: 'text', text: '', isNull: false } })).key).toEqual(new Uint8Array())
})

test('a partition is kept only where the topic has it', () => {
  expect(chooseTopic(draft({ partition: 3 }), 'payments', topics).partition).toBeNull()
  expect(chooseTopic(draft({ partition: 0 }), 'payments', topics).partition).toBe(0)
  expect(isNewTopic('refunds', topics)).toBe(true)
  expect(isNewTopic('orders', topics)).toBe(false)
})

test('what keeps a record from being sent is said field by field', () => {
  const problem = (part: Partial<Draft>): string | null => firstProblem(problemsOf(draft(part), topics))
  expect(problem({})).toBeNull()
  expect(problem({ topic: 'refunds' })).toBeNull()
  expect(problem({ topic: '' })).toBe('Choose a topic, or name a new one')
  expect(problem({ topic: 'bad name' })).toBe('A topic name has 1 to 249 of a-z A-Z 0-9 . _ -')
  expect(problem({ topic: '__consumer_offsets' })).toBe('The broker keeps this topic for itself')
  expect(problem({ time: 'yesterday' })).toBe('Time: Milliseconds since 1970, or a date and time as 2026-07-14 14:02:11.482')
  expect(problem({ key: { mode: 'hex', text: '4z', isNull: false } })).toBe('Key: z is not a hex digit')
  expect(problem({ value: { mode: 'hex', text: '4', isNull: false } })).toBe('Value: an odd number of hex digits; each byte has two')
  expect(problem({ headers: [{ id: 7, name: '', text: 'x', isNull: false }] })).toBe('A header needs a name')
})

test('a fixed time is milliseconds or a date', () => {
  expect(timeOf(' 1700000000000 ')).toBe(1_700_000_000_000n)
  expect(timeOf('2023-11-14T22:13:20Z')).toBe(1_700_000_000_000n)
  expect(timeOf('2023-11-14 23:13:20+01:00')).toBe(1_700_000_000_000n)
  expect([timeOf(''), timeOf('12:00'), timeOf('2023-13-45'), timeOf('-5'), timeOf('1969-01-01')]).toEqual([null, null, null, null, null])
})

test('JSON that is not well formed is said with its place, and can be sent', () => {
  const check = (text: string) => checkValue({ mode: 'json', text, isNull: false })
  expect(check('{"a": 12.50}')).toEqual({ tone: 'good', text: 'Well-formed JSON · 12 B' })
  expect(check('')).toEqual({ tone: 'plain', text: '0 B, an empty value' })
  expect(check('{\n  a: 1\n}')).toEqual({ tone: 'warn', text: expect.stringMatching(/^Line 2, column 3: .*It can be sent as it stands · 10 B$/) })
  expect(firstProblem(problemsOf(draft({ value: { mode: 'json', text: '{', isNull: false } }), topics))).toBeNull()
  expect(checkValue({ mode: 'hex', text: '0x', isNull: true }).tone).toBe('plain')
  expect(checkValue({ mode: 'hex', text: 'zz', isNull: false })).toEqual({ tone: 'bad', text: 'z is not a hex digit' })
})
