/** The segments of one log in offset order, at least one; the last is active, the others are closed and never written again. */

import { assert } from '../common/assert.ts'
import type { Segment } from './segment.ts'

export class SegmentList {
  #all: Segment[]
  #active: Segment
  #closedBytes = 0

  constructor(segments: readonly Segment[]) {
    this.#all = [...segments]
    this.#active = this.#settle()
  }

  get all(): readonly Segment[] {
    return this.#all
  }

  get active(): Segment {
    return this.#active
  }

  get count(): number {
    return this.#all.length
  }

  /** Bytes of all .log files. */
  get sizeBytes(): number {
    return this.#closedBytes + this.#active.sizeBytes
  }

  /** The offset the first segment begins at. */
  get baseOffset(): number {
    return this.#all[0]?.baseOffset ?? 0
  }

  /** Which segment holds `offset`: the last whose base is at or below it, or the first. */
  indexFor(offset: number): number {
    return segmentIndexFor(this.#all, offset)
  }

  /** A new active segment, after the one that was. */
  add(segment: Segment): void {
    assert(segment.baseOffset > this.#active.baseOffset)
    this.#all = [...this.#all, segment]
    this.#active = this.#settle()
  }

  /** Takes the first `count` segments out; the active one stays. */
  takeFirst(count: number): readonly Segment[] {
    assert(count >= 0 && count < this.#all.length)
    const taken = this.#all.slice(0, count)
    this.#all = this.#all.slice(count)
    this.#active = this.#settle()
    return taken
  }

  /** Puts `by` in the place of `old`, which are neighbours and closed. */
  replace(old: readonly Segment[], by: readonly Segment[]): void {
    const [first] = old
    const at = first ? this.#all.indexOf(first) : -1
    assert(at >= 0 && at + old.length < this.#all.length && old.every((segment, index) => this.#all[at + index] === segment))
    this.#all = this.#all.toSpliced(at, old.length, ...by)
    this.#active = this.#settle()
  }

  /** Lists are replaced, never changed: who iterates over `all` while it waits sees the row it began with. */
  #settle(): Segment {
    const active = this.#all.at(-1)
    assert(active)
    this.#closedBytes = this.#all.reduce((sum, segment) => (segment === active ? sum : sum + segment.sizeBytes), 0)
    return active
  }
}

/** Which of `segments` holds `offset`: the last whose base is at or below it, or the first. */
export function segmentIndexFor(segments: readonly Segment[], offset: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle]?.baseOffset ?? Infinity) <= offset) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
