/** A JSON value as the lines of a tree: what is open, what a closed one shows, the type of each, its path. Pure. */

import type { JsonValue } from '../../format/json.ts'

export type TreeLine = {
  /** Indices from the root, `4.0.1`: names may repeat. */
  readonly id: string
  /** 0 for the members of the root. */
  readonly depth: number
  /** A name, an index, or null for a root that has no members. */
  readonly name: string | number | null
  readonly value: JsonValue
  /** null: nothing to open. */
  readonly isOpen: boolean | null
  readonly setSize: number
  readonly position: number
}

type Container = Extract<JsonValue, { is: 'object' | 'array' }>

/** Members of the root are open when they have no more than this: a long list first shows its neighbours. */
const OPEN_MEMBERS_MAX = 50
const PREVIEW_CHARACTERS = 160
/** Characters of one string in a line; the rest is counted, and copied with it. */
export const STRING_CHARACTERS_SHOWN = 1000
const JS_SAFE = 9_007_199_254_740_991n
/** 2001 to 2049 in milliseconds: 13 digits that are most likely a time. */
const TIMES = [1_000_000_000_000n, 2_500_000_000_000n] as const

export function membersOf(value: JsonValue): readonly { readonly name: string | number; readonly value: JsonValue }[] {
  if (value.is === 'object') return value.entries
  return value.is === 'array' ? value.items.map((item, index) => ({ name: index, value: item })) : []
}

/** The lines in order. `toggled` has what the reader opened or closed against the default. */
export function treeLines(root: JsonValue, toggled: ReadonlySet<string>): readonly TreeLine[] {
  const lines: TreeLine[] = []
  const members = membersOf(root)
  if (members.length === 0) return [{ id: '', depth: 0, name: null, value: root, isOpen: null, setSize: 1, position: 1 }]
  const add = (of: ReturnType<typeof membersOf>, prefix: string, depth: number): void => {
    for (const [index, { name, value }] of of.entries()) {
      const id = prefix === '' ? String(index) : `${prefix}.${index}`
      const count = memberCount(value)
      const isOpen = count === 0 ? null : (depth === 0 && count <= OPEN_MEMBERS_MAX) !== toggled.has(id)
      lines.push({ id, depth, name, value, isOpen, setSize: of.length, position: index + 1 })
      if (isOpen) add(membersOf(value), id, depth + 1)
    }
  }
  add(members, '', 0)
  return lines
}

function memberCount(value: JsonValue): number {
  return value.is === 'object' ? value.entries.length : value.is === 'array' ? value.items.length : 0
}

/** `items[0].sku`, `["odd name"]`: how a filter would name it. */
export function pathOf(root: JsonValue, id: string): string {
  let value = root
  let path = ''
  for (const index of id === '' ? [] : id.split('.').map(Number)) {
    const member = membersOf(value)[index]
    if (!member) break
    const { name } = member
    path +=
      typeof name === 'number'
        ? `[${name}]`
        : /^[A-Za-z_$][\w$]*$/.test(name)
          ? `${path === '' ? '' : '.'}${name}`
          : `[${JSON.stringify(name)}]`
    value = member.value
  }
  return path
}

/** The innermost member at a place of the text, with the ids of what must be open to see it; null outside all of them. */
export function lineAt(root: JsonValue, at: number): { readonly id: string; readonly ancestors: readonly string[] } | null {
  const ids: string[] = []
  let value = root
  for (;;) {
    const index = membersOf(value).findIndex(member => member.value.from <= at && at < member.value.to)
    const member = membersOf(value)[index]
    if (!member) break
    ids.push(ids.length === 0 ? String(index) : `${ids.at(-1)}.${index}`)
    value = member.value
  }
  const id = ids.at(-1)
  return id === undefined ? null : { id, ancestors: ids.slice(0, -1) }
}

/** What stands at the right edge: the type, and for numbers whether they fit a double. */
export function typeOf(value: JsonValue): string {
  switch (value.is) {
    case 'object':
      return value.isCut ? 'object, cut' : 'object'
    case 'array':
      return value.isCut ? 'array, cut' : 'array'
    case 'string':
      return value.isCut ? 'string, cut' : 'string'
    case 'word':
      return value.word === 'null' ? 'null' : 'boolean'
    case 'number':
      return numberType(value.source)
    default:
      return value satisfies never
  }
}

function numberType(source: string): string {
  if (/[eE]/.test(source)) return 'number'
  if (source.includes('.')) return 'decimal'
  const digits = source.replace('-', '').length
  if (digits > 19) return `integer, ${digits} digits`
  const value = BigInt(source)
  const size = value < 0n ? -value : value
  if (size <= JS_SAFE) return 'integer'
  return size < 2n ** 63n ? 'int64, exact' : 'integer, exact'
}

/** Milliseconds since the epoch when a number looks like that. */
export function timeOf(value: JsonValue): number | null {
  if (value.is !== 'number' || !/^\d{13}$/.test(value.source)) return null
  const ms = BigInt(value.source)
  return ms >= TIMES[0] && ms < TIMES[1] ? Number(ms) : null
}

export type PreviewPart = { readonly is: 'plain' | 'name' | 'string' | 'number' | 'word'; readonly text: string }

/** A closed object or array in one line: `{ sku: "desk-90", qty: 1 }`, cut after some 160 characters. */
export function previewOf(value: JsonValue): readonly PreviewPart[] {
  const parts: PreviewPart[] = []
  let length = 0
  const add = (part: PreviewPart): void => {
    parts.push(part)
    length += part.text.length
  }
  const isFull = (): boolean => length >= PREVIEW_CHARACTERS
  const show = (of: JsonValue, depth: number): void => {
    if (of.is === 'object' || of.is === 'array') showContainer(of, depth)
    else add(scalarPart(of, 60))
  }
  const showContainer = (of: Container, depth: number): void => {
    const [open, close] = of.is === 'object' ? ['{', '}'] : ['[', ']']
    const members = membersOf(of)
    if (members.length === 0) return add({ is: 'plain', text: open + close })
    if (depth > 1) return add({ is: 'plain', text: `${open}…${close}` })
    add({ is: 'plain', text: open === '{' ? '{ ' : '[' })
    for (const [index, member] of members.entries()) {
      if (index > 0) add({ is: 'plain', text: ', ' })
      if (isFull()) {
        add({ is: 'plain', text: '…' })
        break
      }
      if (typeof member.name === 'string') add({ is: 'name', text: `${member.name.slice(0, 40)}: ` })
      show(member.value, depth + 1)
    }
    add({ is: 'plain', text: close === '}' ? ' }' : ']' })
  }
  show(value, 0)
  return parts
}

/** A value without members as one part, strings in quotes and cut at `max`. */
export function scalarPart(value: Exclude<JsonValue, Container>, max = STRING_CHARACTERS_SHOWN): PreviewPart {
  switch (value.is) {
    case 'string':
      return { is: 'string', text: value.text.length > max ? `"${value.text.slice(0, max)}…` : `"${value.text}"` }
    case 'number':
      return { is: 'number', text: value.source }
    case 'word':
      return { is: 'word', text: value.word }
    default:
      return value satisfies never
  }
}

/** What copying a line takes: the text of a string, else the source as it was written. */
export function copyOf(value: JsonValue, source: string): string {
  return value.is === 'string' ? value.text : source.slice(value.from, value.to)
}

/** The bytes of a stretch of UTF-8 text. */
export function bytesOf(
  source: string,
  value: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const encoder = new TextEncoder()
  const from = encoder.encode(source.slice(0, value.from)).length
  return { from, to: from + encoder.encode(source.slice(value.from, value.to)).length }
}

/** The character of UTF-8 text that a byte belongs to. */
export function characterAt(bytes: Uint8Array, at: number): number {
  return Math.max(0, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, at + 1)).length - 1)
}
