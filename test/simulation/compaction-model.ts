/** What compaction may take and what it must leave: the last value of every key, and nothing that had been taken comes back. */

import { Violation } from './model.ts'
import type { BatchInfo } from './read-log.ts'

type Entry = { readonly key: string; readonly value: string; readonly producerId: number; fate: 'committed' | 'open' | 'aborted' }

export class CompactionModel {
  /** By offset. An empty value is a tombstone. */
  readonly #entries = new Map<number, Entry>()
  #sent = new Map<string, string>()
  #end = 0

  get end(): number {
    return this.#end
  }

  /** Before it is stored: a value that nobody sent must not be found. */
  send(key: string, value: string): void {
    this.#sent.set(value, key)
  }

  stored(offset: number, entry: { readonly key: string; readonly value: string; readonly producerId: number; readonly isOpen: boolean }): void {
    this.#entries.set(offset, { ...entry, fate: entry.isOpen ? 'open' : 'committed' })
    this.#end = offset + 1
  }

  ended(producerId: number, isAbort: boolean, markerOffset: number): void {
    this.#end = markerOffset + 1
    for (const entry of this.#entries.values()) if (entry.producerId === producerId && entry.fate === 'open') entry.fate = isAbort ? 'aborted' : 'committed'
  }

  /** The log ends here after a crash; what lay behind is gone, and with it the markers: `open` says whose transactions are open again. */
  cut(endOffset: number, open: ReadonlyMap<number, number>): void {
    for (const offset of this.#entries.keys()) if (offset >= endOffset) this.#entries.delete(offset)
    for (const [offset, entry] of this.#entries) {
      const firstOffset = open.get(entry.producerId)
      if (firstOffset !== undefined && offset >= firstOffset && entry.fate !== 'open') entry.fate = 'open'
    }
    this.#end = endOffset
  }

  /** What lies before the log's start was deleted. */
  trimmed(startOffset: number): void {
    for (const offset of this.#entries.keys()) if (offset < startOffset) this.#entries.delete(offset)
  }

  check(batches: readonly BatchInfo[], endOffset: number): void {
    const found = new Map<number, { readonly key: string; readonly value: string }>()
    let before = -1
    for (const batch of batches) {
      if (batch.baseOffset <= before) throw new Violation(`the batch at ${batch.baseOffset} overlaps the one that ends at ${before}`)
      before = batch.lastOffset
      if (batch.isControl) continue
      for (const { offset, key, value } of batch.records) found.set(offset, { key: key ?? '', value })
    }
    for (const [offset, { key, value }] of found) {
      const entry = this.#entries.get(offset)
      if (entry ? entry.key !== key || entry.value !== value : value !== '' && this.#sent.get(value) !== key) {
        throw new Violation(`at ${offset} is ${key}=${value}, and ${entry ? `${entry.key}=${entry.value}` : 'nothing'} was stored there`)
      }
    }
    this.#checkLast(found, endOffset)
  }

  #checkLast(found: ReadonlyMap<number, { readonly key: string; readonly value: string }>, endOffset: number): void {
    const last = new Map<string, number>()
    for (const [offset, { key, fate }] of this.#entries) if (fate === 'committed' && offset < endOffset) last.set(key, Math.max(offset, last.get(key) ?? -1))
    for (const [key, offset] of last) {
      if (found.has(offset)) continue
      const entry = this.#entries.get(offset)
      if (entry?.value !== '') throw new Violation(`${key}=${entry?.value} at ${offset} is the last of its key, and is gone`)
      const stale = [...found].find(([other, record]) => record.key === key && other < offset && this.#entries.get(other)?.fate === 'committed')
      if (stale) throw new Violation(`the tombstone of ${key} at ${offset} is gone, and ${stale[1].value} at ${stale[0]} is still there`)
    }
  }
}
