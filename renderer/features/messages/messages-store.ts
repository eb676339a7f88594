/**
 * Reads the records of a topic for one list, outside React: pages both ways from a position, and the live tail. A pause, a hidden window
 * or a lost connection closes the tail; going on reads the log from where the list stands, so nothing is lost but what retention took.
 */

import type { StudioFailure } from '../../../core/studio/contract/contract.ts'
import type { Cursor, MessagePage, Position, TailItem } from '../../../core/studio/contract/messages.ts'
import type { Subscription } from '../../../core/studio/rpc/connect.ts'
import type { StudioClient } from '../../studio/connect.ts'
import { settle, type CallResult } from '../../studio/use-call.ts'
import { addNewer, addOlder, addSkipped, addTail, countBetween, cursorAtShare, emptyWindow, type MessageWindow } from './messages-state.ts'
import { EMPTY_TAIL, holdTail, TAIL_ROWS_SHOWN, takeTail } from './tail-buffer.ts'

/** What is read. From the end the newest stand first; from anywhere else rows stand in reading order. */
export type Scope = { readonly topic: string; readonly partitions: readonly number[] | null; readonly at: Position }

/** `on`: new records come in; `held`: wanted, but the reader has scrolled away; `paused`: by the user; `off`: not wanted. */
export type Follow = 'off' | 'on' | 'held' | 'paused'

export type MessagesShown = {
  /** null until the first page is here. */
  readonly window: MessageWindow | null
  readonly follow: Follow
  /** The pointer is on the rows: new ones wait so that none slides away under it. */
  readonly isPointerHeld: boolean
  readonly reading: 'nothing' | 'older' | 'newer'
  /** What could not be read, and why. */
  readonly failed: { readonly what: 'position' | 'older' | 'newer' | 'tail'; readonly failure: StudioFailure } | null
  /** Where the wanted position was found. */
  readonly located: Cursor
  /** Nothing was found at or after the position: the list shows its last rows first. */
  readonly opensAtEnd: boolean
  readonly bounds: MessagePage['bounds']
}

/** What the store needs of the page it runs in. */
export type Host = {
  isVisible(): boolean
  onVisibility(run: () => void): () => void
  /** Runs before the next paint. */
  frame(run: () => void): void
  after(ms: number, run: () => void): void
}

export const PAGE_ROWS = 200
/** Rows read one by one to catch up; further behind, the list goes to the end and says what lies between. */
const CATCH_UP_ROWS = 2000
const CATCH_UP_PAGE_ROWS = 500
/** With more new rows than an eye follows the list changes this often, milliseconds. */
const SAMPLE_EVERY_MS = 250

export class MessagesStore {
  readonly #scope: Scope
  readonly #host: Host
  readonly #listeners = new Set<() => void>()
  #shown: MessagesShown
  #client: StudioClient | null = null
  #stopVisibility: (() => void) | null = null
  #tail: Subscription | null = null
  #buffer = EMPTY_TAIL
  #isCommitPlanned = false
  /** Answers of an earlier turn are dropped. */
  #turn = 0
  /** Of following: each end of it begins another. */
  #tailTurn = 0

  constructor(scope: Scope, host: Host) {
    this.#scope = scope
    this.#host = host
    this.#shown = {
      window: null,
      follow: scope.at.is === 'end' ? 'on' : 'off',
      isPointerHeld: false,
      reading: 'nothing',
      failed: null,
      located: [],
      opensAtEnd: false,
      bounds: [],
    }
  }

  readonly read = (): MessagesShown => this.#shown

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads through `client` until `stop`; what is shown stays. */
  start(client: StudioClient): void {
    this.#client = client
    this.#stopVisibility = this.#host.onVisibility(() => this.#onVisibility())
    if (this.#shown.window) void this.#resume()
    else void this.#open()
  }

  stop(): void {
    this.#stopVisibility?.()
    this.#stopVisibility = null
    this.#closeTail()
    this.#client = null
    this.#turn++
    this.#change({ reading: 'nothing' })
  }

  /** Reads on towards older rows, when there are any and nothing is being read. */
  readOlder(): void {
    if (this.#shown.window && !this.#shown.window.low.isEnd) void this.#readEdge('older')
  }

  /** Reads on towards newer rows. `mayBeMore` also when the end had been reached: it may lie further by now. */
  readNewer(mayBeMore = false): void {
    const { window, follow } = this.#shown
    if (follow === 'on' || !window || (window.high.isEnd && !mayBeMore)) return
    void this.#readEdge('newer')
  }

  /** The time of the first record at or after a share of what is read; null when none is there, or none has a time. */
  async timeAt(share: number): Promise<bigint | null> {
    const client = this.#client
    if (!client) return null
    const page = await settle(
      client.messages.page({ topic: this.#scope.topic, cursor: cursorAtShare(this.#shown.bounds, share), direction: 'forward', limit: 1 }),
    )
    const timestamp = page.ok ? page.output.rows[0]?.timestamp : undefined
    return timestamp === undefined || timestamp < 0n ? null : timestamp
  }

  /** Tries again what failed. */
  retry(): void {
    const { failed } = this.#shown
    this.#change({ failed: null })
    if (failed?.what === 'position') void this.#open()
    else if (failed?.what === 'tail' && this.#shown.follow === 'on') void this.#resume()
    else if (failed?.what === 'tail') this.setFollow('on')
    else if (failed) void this.#readEdge(failed.what)
  }

  setFollow(follow: Follow): void {
    if (follow === this.#shown.follow) return
    this.#change({ follow })
    if (follow === 'on') void this.#resume()
    else this.#closeTail()
  }

  /** While the pointer moves over the rows, new ones wait. */
  holdRows(isPointerHeld: boolean): void {
    if (isPointerHeld === this.#shown.isPointerHeld) return
    this.#change({ isPointerHeld })
    if (!isPointerHeld) this.#planCommit()
  }

  async #open(): Promise<void> {
    const client = this.#client
    if (!client) return
    const turn = ++this.#turn
    const { at } = this.#scope
    const located = await this.#locate(client, at)
    if (turn !== this.#turn) return
    if (!located.ok) return this.#fail('position', located.failure)
    const cursor = located.output
    const isNewestFirst = at.is === 'end'
    const empty = emptyWindow(isNewestFirst ? 'newest' : 'oldest', cursor)
    const page = await this.#page(client, cursor, isNewestFirst ? 'backward' : 'forward')
    if (turn !== this.#turn) return
    if (!page.ok) return this.#fail('position', page.failure)
    const window = isNewestFirst ? addOlder({ ...empty, high: { cursor, isEnd: true } }, page.output) : addNewer(empty, page.output)
    this.#change({
      window,
      located: cursor,
      opensAtEnd: !isNewestFirst && window.entries.length === 0,
      bounds: page.output.bounds,
      failed: null,
    })
    if (isNewestFirst) void this.#resume()
    // Nothing at or after the position: what is before it is better than an empty list.
    else if (window.entries.length === 0) this.readOlder()
  }

  async #readEdge(what: 'older' | 'newer'): Promise<void> {
    const { window, reading } = this.#shown
    const client = this.#client
    if (!client || !window || reading !== 'nothing') return
    const turn = this.#turn
    const edge = what === 'older' ? 'low' : 'high'
    this.#change({ reading: what })
    const page = await this.#page(client, window[edge].cursor, what === 'older' ? 'backward' : 'forward')
    if (turn !== this.#turn) return
    this.#change({ reading: 'nothing' })
    if (!page.ok) return this.#fail(what, page.failure)
    const now = this.#shown.window
    // The edge moved meanwhile (rows were dropped there, or came in): this page would leave a hole or repeat rows.
    if (now?.[edge].cursor !== window[edge].cursor) return
    this.#change({ window: (what === 'older' ? addOlder : addNewer)(now, page.output), bounds: page.output.bounds, failed: null })
  }

  #page(client: StudioClient, cursor: Cursor, direction: 'forward' | 'backward', limit = PAGE_ROWS): Promise<CallResult<MessagePage>> {
    return settle(client.messages.page({ topic: this.#scope.topic, cursor, direction, limit }))
  }

  /** Opens the tail where the list stands, after reading what came in meanwhile. */
  async #resume(): Promise<void> {
    const client = this.#client
    if (!client || !this.#isWanted(client)) return
    const turn = ++this.#tailTurn
    if (await this.#catchUp(client, turn)) this.#openTail(client)
  }

  /** False when it failed, or when following ended (and perhaps began anew) while it was read. */
  async #catchUp(client: StudioClient, turn: number): Promise<boolean> {
    for (let rowCount = 0; rowCount < CATCH_UP_ROWS;) {
      const cursor = this.#shown.window?.high.cursor ?? []
      const page = await this.#page(client, cursor, 'forward', CATCH_UP_PAGE_ROWS)
      const { window } = this.#shown
      if (turn !== this.#tailTurn || !window) return false
      if (!page.ok) return this.#failTail(page.failure)
      if (window.high.cursor !== cursor) continue
      this.#change({ window: addNewer(window, page.output), bounds: page.output.bounds, failed: null })
      if (page.output.isEnd) return true
      rowCount += page.output.rows.length
    }
    return this.#jumpToEnd(client, turn)
  }

  /** Too far behind to read it all: the newest rows, and a line that says how many lie between. */
  async #jumpToEnd(client: StudioClient, turn: number): Promise<boolean> {
    const end = await this.#locate(client, { is: 'end' })
    if (turn !== this.#tailTurn) return false
    if (!end.ok) return this.#failTail(end.failure)
    const page = await this.#page(client, end.output, 'backward', TAIL_ROWS_SHOWN)
    const { window } = this.#shown
    if (turn !== this.#tailTurn || !window) return false
    if (!page.ok) return this.#failTail(page.failure)
    const rows = page.output.rows.toReversed()
    const skipped = countBetween(window.high.cursor, page.output.next)
    const withLine = skipped > 0 ? addSkipped(window, skipped, rows[0]?.timestamp ?? null) : window
    this.#change({ window: addNewer(withLine, { rows, next: end.output, isEnd: true }), bounds: page.output.bounds, failed: null })
    return true
  }

  #failTail(failure: StudioFailure): false {
    this.#fail('tail', failure)
    return false
  }

  #locate(client: StudioClient, at: Position): Promise<CallResult<Cursor>> {
    const { topic, partitions } = this.#scope
    return settle(client.messages.locate({ topic, partitions: partitions === null ? null : [...partitions], at }))
  }

  #isWanted(client: StudioClient): boolean {
    const { follow, window } = this.#shown
    return this.#client === client && window !== null && follow === 'on' && this.#host.isVisible() && this.#tail === null
  }

  #openTail(client: StudioClient): void {
    const { topic, partitions } = this.#scope
    const from = this.#shown.window?.high.cursor ?? []
    this.#buffer = EMPTY_TAIL
    this.#tail = client.messages.tail.subscribe(
      { topic, partitions: partitions === null ? null : [...partitions], from },
      {
        onItem: item => this.#take(item),
        onEnd: failure => {
          this.#tail = null
          if (failure && failure.code !== 'DISCONNECTED') {
            this.#change({ follow: 'paused' })
            this.#fail('tail', failure)
          }
        },
      },
    )
  }

  /** What waits in the buffer is let go: the window's edge has not passed it, so it is read again. */
  #closeTail(): void {
    this.#tailTurn++
    this.#tail?.close()
    this.#tail = null
    this.#buffer = EMPTY_TAIL
  }

  #take(item: TailItem): void {
    this.#buffer = holdTail(this.#buffer, item)
    this.#planCommit()
  }

  /** Few rows go in with the next frame; many are shown as a sample, less often. */
  #planCommit(): void {
    const { rows, skipped } = this.#buffer
    if (this.#isCommitPlanned || this.#shown.isPointerHeld || (rows.length === 0 && skipped === 0)) return
    this.#isCommitPlanned = true
    const commit = (): void => {
      this.#isCommitPlanned = false
      this.#commit()
    }
    if (rows.length <= TAIL_ROWS_SHOWN && skipped === 0) this.#host.frame(commit)
    else this.#host.after(SAMPLE_EVERY_MS, () => this.#host.frame(commit))
  }

  #commit(): void {
    const { window, isPointerHeld } = this.#shown
    if (!window || isPointerHeld || !this.#tail) return
    const tail = takeTail(this.#buffer)
    this.#buffer = EMPTY_TAIL
    if (tail.rows.length > 0 || tail.skipped > 0) this.#change({ window: addTail(window, tail) })
  }

  #onVisibility(): void {
    if (this.#host.isVisible()) void this.#resume()
    else this.#closeTail()
  }

  #fail(what: NonNullable<MessagesShown['failed']>['what'], failure: StudioFailure): void {
    // A lost connection is for the frame to say; the list goes on by itself when it is back.
    if (failure.code !== 'DISCONNECTED') this.#change({ failed: { what, failure } })
  }

  #change(part: Partial<MessagesShown>): void {
    this.#shown = { ...this.#shown, ...part }
    for (const listener of this.#listeners) listener()
  }
}

/** The page the window runs in. */
export const pageHost: Host = {
  isVisible: () => document.visibilityState === 'visible',
  onVisibility(run) {
    document.addEventListener('visibilitychange', run)
    return () => document.removeEventListener('visibilitychange', run)
  },
  frame: run => {
    requestAnimationFrame(run)
  },
  after: (ms, run) => {
    setTimeout(run, ms)
  },
}
