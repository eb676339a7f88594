/**
 * JSON read without loss: every number keeps the text it was written with, names that repeat are all kept, and each value knows where
 * in the text it stands. Pure.
 */

export type JsonValue =
  | { readonly is: 'object'; readonly from: number; readonly to: number; readonly entries: readonly JsonEntry[]; readonly isCut: boolean }
  | { readonly is: 'array'; readonly from: number; readonly to: number; readonly items: readonly JsonValue[]; readonly isCut: boolean }
  | { readonly is: 'string'; readonly from: number; readonly to: number; readonly text: string; readonly isCut: boolean }
  | { readonly is: 'number'; readonly from: number; readonly to: number; readonly source: string }
  | { readonly is: 'word'; readonly from: number; readonly to: number; readonly word: string }
export type JsonEntry = { readonly name: string; readonly value: JsonValue }

export type JsonRead =
  | { readonly is: 'read'; readonly value: JsonValue }
  /** `at` counts characters from the start. */
  | { readonly is: 'wrong'; readonly at: number; readonly reason: string }

/** Deeper than this is refused: nobody reads it as a tree, and it must not exhaust the stack. */
export const JSON_DEPTH_MAX = 400

/** `isCut`: the text is the beginning of a longer one; what is open at its end is given as far as it goes. */
export function readJson(text: string, options: { readonly isCut?: boolean } = {}): JsonRead {
  const reader = new JsonReader(text, options.isCut ?? false)
  try {
    return { is: 'read', value: reader.document() }
  } catch (error) {
    if (error instanceof JsonFault) return { is: 'wrong', at: error.at, reason: error.message }
    throw error
  }
}

/** `line 3, column 7` of a place in a text, both from 1. */
export function lineAndColumn(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: at - (before.lastIndexOf('\n') + 1) + 1 }
}

class JsonFault extends Error {
  readonly at: number

  constructor(at: number, reason: string) {
    super(reason)
    this.at = at
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const NUMBER_PART = /[-+.\deE]+/y
const WORDS = ['true', 'false', 'null']
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

class JsonReader {
  readonly #text: string
  readonly #isCut: boolean
  #at = 0

  constructor(text: string, isCut: boolean) {
    this.#text = text
    this.#isCut = isCut
  }

  document(): JsonValue {
    this.#blank()
    if (this.#at >= this.#text.length) throw new JsonFault(this.#at, 'there is nothing here')
    const value = this.#value(0)
    this.#blank()
    if (this.#at < this.#text.length) throw new JsonFault(this.#at, `${this.#seen()} after the end of the value`)
    return value
  }

  #value(depth: number): JsonValue {
    if (depth > JSON_DEPTH_MAX) throw new JsonFault(this.#at, `more than ${JSON_DEPTH_MAX} levels deep`)
    const first = this.#text[this.#at]
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#array(depth)
    if (first === '"') return this.#string()
    if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) return this.#number()
    return this.#word()
  }

  #object(depth: number): JsonValue {
    const from = this.#at++
    const entries: JsonEntry[] = []
    const isCut = this.#members('}', () => {
      if (this.#text[this.#at] !== '"') throw new JsonFault(this.#at, `${this.#seen()} where a name in quotes was expected`)
      const name = this.#string()
      if (name.is !== 'string' || name.isCut) return false
      this.#blank()
      if (this.#isOver()) return false
      if (this.#text[this.#at] !== ':') throw new JsonFault(this.#at, `${this.#seen()} where : was expected`)
      this.#at++
      this.#blank()
      if (this.#isOver()) return false
      entries.push({ name: name.text, value: this.#value(depth + 1) })
      return true
    })
    return { is: 'object', from, to: this.#at, entries, isCut }
  }

  #array(depth: number): JsonValue {
    const from = this.#at++
    const items: JsonValue[] = []
    const isCut = this.#members(']', () => {
      items.push(this.#value(depth + 1))
      return true
    })
    return { is: 'array', from, to: this.#at, items, isCut }
  }

  /** Members up to `end`, with commas between; true when the text ends before. `read` is false when it ends inside a member. */
  #members(end: string, read: () => boolean): boolean {
    this.#blank()
    if (this.#text[this.#at] === end) {
      this.#at++
      return false
    }
    for (;;) {
      if (this.#isOver()) return true
      if (!read()) return true
      this.#blank()
      if (this.#isOver()) return true
      const next = this.#text[this.#at]
      if (next !== ',' && next !== end) throw new JsonFault(this.#at, `${this.#seen()} where , or ${end} was expected`)
      this.#at++
      if (next === end) return false
      this.#blank()
    }
  }

  #string(): JsonValue {
    const from = this.#at++
    let text = ''
    for (;;) {
      const plainFrom = this.#at
      while (this.#at < this.#text.length && !'"\\'.includes(this.#text.charAt(this.#at)) && this.#text.charCodeAt(this.#at) >= 0x20)
        this.#at++
      text += this.#text.slice(plainFrom, this.#at)
      if (this.#isOver()) return { is: 'string', from, to: this.#at, text, isCut: true }
      const stop = this.#text.charAt(this.#at)
      if (stop === '"') {
        this.#at++
        return { is: 'string', from, to: this.#at, text, isCut: false }
      }
      if (stop !== '\\') throw new JsonFault(this.#at, `a control character (${this.#seen()}) inside a string; write it as \\n or \\u000a`)
      const escape = this.#escape()
      if (escape === null) {
        this.#at = this.#text.length
        return { is: 'string', from, to: this.#at, text, isCut: true }
      }
      text += escape
    }
  }

  /** null: the text ends inside it. */
  #escape(): string | null {
    const letter = this.#text[this.#at + 1]
    const size = letter === 'u' ? 6 : 2
    if (this.#at + size > this.#text.length && this.#isCut) return null
    const hex = this.#text.slice(this.#at + 2, this.#at + 6)
    const escape =
      letter === 'u' ? (/^[\da-fA-F]{4}$/.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined) : ESCAPES[letter ?? '']
    if (escape === undefined) throw new JsonFault(this.#at, `\\${letter ?? ''} is no escape of JSON`)
    this.#at += size
    return escape
  }

  #number(): JsonValue {
    const from = this.#at
    NUMBER.lastIndex = NUMBER_PART.lastIndex = from
    const written = NUMBER_PART.exec(this.#text)?.[0] ?? ''
    const source = NUMBER.exec(this.#text)?.[0] ?? ''
    const endsHere = from + written.length >= this.#text.length
    if (source !== written && !(this.#isCut && endsHere)) throw new JsonFault(from, `${written} is not a number of JSON`)
    this.#at = from + written.length
    return { is: 'number', from, to: this.#at, source: written }
  }

  #word(): JsonValue {
    const from = this.#at
    const rest = this.#text.slice(from, from + 5)
    const whole = WORDS.find(word => rest.startsWith(word))
    const part = this.#isCut && rest.length < 5 && rest !== '' ? WORDS.find(word => word.startsWith(rest)) : undefined
    if (whole === undefined && part === undefined) throw new JsonFault(from, `${this.#seen()} where a value was expected`)
    const word = whole ?? rest
    this.#at = from + word.length
    return { is: 'word', from, to: this.#at, word }
  }

  #blank(): void {
    while (' \n\r\t'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++
  }

  /** The text ended where more was to come: fine when it was cut there, else a fault. */
  #isOver(): boolean {
    if (this.#at < this.#text.length) return false
    if (this.#isCut) return true
    throw new JsonFault(this.#at, 'the text ends before the value does')
  }

  #seen(): string {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) return 'the end'
    return code < 0x20 ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : String.fromCodePoint(code)
  }
}
