/** A record as it is being written: from text to bytes, what is wrong with it, what the engine is asked for. Pure. */

import * as v from 'valibot'
import { topicName, type TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatBytes } from '../../format/figures.ts'
import { readHex } from '../../format/hex.ts'
import { lineAndColumn, readJson } from '../../format/json.ts'

export type KeyDraft = { readonly mode: 'text' | 'hex'; readonly text: string; readonly isNull: boolean }
export type ValueDraft = { readonly mode: 'text' | 'json' | 'hex'; readonly text: string; readonly isNull: boolean }
export type HeaderDraft = { readonly id: number; readonly name: string; readonly text: string; readonly isNull: boolean }

export type Draft = {
  readonly topic: string
  /** null: by the key, or in turn without one. */
  readonly partition: number | null
  /** null: the time it is sent. Text: milliseconds since the epoch, or a date and time. */
  readonly time: string | null
  readonly key: KeyDraft
  readonly value: ValueDraft
  readonly headers: readonly HeaderDraft[]
}

export const emptyDraft: Draft = {
  topic: '',
  partition: null,
  time: null,
  key: { mode: 'text', text: '', isNull: true },
  value: { mode: 'json', text: '', isNull: false },
  headers: [],
}

/** What `messages.produce` takes. */
export type RecordInput = {
  readonly topic: string
  readonly partition: number | null
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: { readonly name: string; readonly value: Uint8Array | null }[]
  readonly timestamp: bigint | null
}

/** Typing gives a key, clearing takes it away; an empty key is for those who untick `No key`. */
export function typeKey(key: KeyDraft, text: string): KeyDraft {
  return { ...key, text, isNull: text === '' }
}

/** Another topic may not have the partition that was chosen. */
export function chooseTopic(draft: Draft, topic: string, topics: readonly TopicRow[]): Draft {
  const count = topics.find(other => other.topic === topic)?.partitionCount ?? 0
  return { ...draft, topic, partition: draft.partition !== null && draft.partition < count ? draft.partition : null }
}

export function isNewTopic(topic: string, topics: readonly TopicRow[]): boolean {
  return topic !== '' && topics.every(other => other.topic !== topic)
}

export type Problems = {
  readonly topic: string | null
  readonly time: string | null
  readonly key: string | null
  readonly value: string | null
  readonly headers: ReadonlyMap<number, string>
}

/** What keeps the record from being sent, field by field. */
export function problemsOf({ topic, time, key, value, headers }: Draft, topics: readonly TopicRow[]): Problems {
  return {
    topic: topicProblem(topic, topics),
    time: time !== null && timeOf(time) === null ? 'Milliseconds since 1970, or a date and time as 2026-07-14 14:02:11.482' : null,
    key: hexProblem(key),
    value: hexProblem(value),
    headers: new Map(headers.filter(({ name }) => name === '').map(({ id }) => [id, 'A header needs a name'])),
  }
}

/** The first thing that is wrong, as a sentence; null when the record can be sent. */
export function firstProblem(problems: Problems): string | null {
  const named = (field: string, problem: string | null): string | null => (problem === null ? null : `${field}: ${problem}`)
  return (
    problems.topic ??
    named('Time', problems.time) ??
    named('Key', problems.key) ??
    named('Value', problems.value) ??
    [...problems.headers.values()][0] ??
    null
  )
}

function topicProblem(topic: string, topics: readonly TopicRow[]): string | null {
  if (topic === '') return 'Choose a topic, or name a new one'
  if (!v.is(topicName, topic)) return 'A topic name has 1 to 249 of a-z A-Z 0-9 . _ -'
  return topics.some(other => other.topic === topic && other.isInternal) ? 'The broker keeps this topic for itself' : null
}

function hexProblem({ mode, text, isNull }: KeyDraft | ValueDraft): string | null {
  if (mode !== 'hex' || isNull) return null
  const read = readHex(text)
  return read.is === 'wrong' ? read.reason : null
}

/** Milliseconds since the epoch; null when the text is no time. A date without a zone is local. */
export function timeOf(text: string): bigint | null {
  const trimmed = text.trim()
  if (/^\d{1,16}$/.test(trimmed)) return BigInt(trimmed)
  // Date.parse makes years of bare numbers and words; a date must look like one.
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return null
  const ms = Date.parse(trimmed)
  return Number.isNaN(ms) || ms < 0 ? null : BigInt(ms)
}

/** The bytes of a field; null for null, and for hex that cannot be read (see `problemsOf`). */
export function bytesOf({ mode, text, isNull }: KeyDraft | ValueDraft): Uint8Array | null {
  if (isNull) return null
  if (mode !== 'hex') return new TextEncoder().encode(text)
  const read = readHex(text)
  return read.is === 'read' ? read.bytes : null
}

export function inputOf({ topic, partition, time, key, value, headers }: Draft): RecordInput {
  return {
    topic,
    partition,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(({ name, text, isNull }) => ({ name, value: isNull ? null : new TextEncoder().encode(text) })),
    timestamp: time === null ? null : timeOf(time),
  }
}

export type ValueCheck = { readonly tone: 'good' | 'warn' | 'bad' | 'plain'; readonly text: string }

/** What is said below the value. JSON that is not well formed is sent all the same: only bytes that cannot be made stop a record. */
export function checkValue(value: ValueDraft): ValueCheck {
  if (value.isNull) return { tone: 'plain', text: '∅ tombstone: on a compacted topic it deletes what the key had' }
  const bytes = bytesOf(value)
  if (bytes === null) return { tone: 'bad', text: hexProblem(value) ?? '' }
  const size = formatBytes(bytes.length)
  if (value.mode !== 'json') return { tone: 'plain', text: value.mode === 'hex' ? `${size} of bytes` : `${size} of UTF-8 text` }
  if (value.text.trim() === '') return { tone: 'plain', text: `${size}, an empty value` }
  const read = readJson(value.text)
  if (read.is === 'read') return { tone: 'good', text: `Well-formed JSON · ${size}` }
  const { line, column } = lineAndColumn(value.text, read.at)
  return { tone: 'warn', text: `Line ${line}, column ${column}: ${read.reason}. It can be sent as it stands · ${size}` }
}
