/** Which leader epoch started at which offset: `leader-epoch-checkpoint`, kept so that clients can tell a cut log from a grown one (KIP-101). */

import type { Disk } from '../common/disk.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { readCheckpoint, writeCheckpointText } from './checkpoint.ts'
import { LEADER_EPOCHS_FILE } from './log-files.ts'

export type LeaderEpoch = { readonly epoch: number; readonly startOffset: number }

export class LeaderEpochs {
  #disk: Disk
  #path: string
  #entries: LeaderEpoch[]
  readonly #saves = new SerialQueue()

  constructor(disk: Disk, folder: string, entries: readonly LeaderEpoch[]) {
    this.#disk = disk
    this.#path = `${folder}/${LEADER_EPOCHS_FILE}`
    this.#entries = [...entries]
  }

  /** As the file says; undefined when there is none, or none that epochs and offsets rise in: the batches then tell. */
  static loadNow(disk: Disk, folder: string): LeaderEpochs | undefined {
    const rows = readCheckpoint(disk.readSmallNow(`${folder}/${LEADER_EPOCHS_FILE}`))
    if (!rows || rows.length === 0) return undefined
    const entries = rows.map(([epoch, startOffset]) => ({ epoch: Number(epoch), startOffset: Number(startOffset) }))
    const isSound = entries.every(({ epoch, startOffset }, at) => {
      const before = entries[at - 1] ?? { epoch: -1, startOffset: -1 }
      return Number.isSafeInteger(epoch) && Number.isSafeInteger(startOffset) && epoch > before.epoch && startOffset > before.startOffset
    })
    return isSound ? new LeaderEpochs(disk, folder, entries) : undefined
  }

  get entries(): readonly LeaderEpoch[] {
    return this.#entries
  }

  /** -1 when there is none. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Notes that `epoch` starts at `startOffset`, unless an epoch as high is known. Returns whether anything changed. */
  assign(epoch: number, startOffset: number): boolean {
    if (epoch <= this.latest) return false
    this.#entries = [...this.#entries.filter(entry => entry.startOffset < startOffset), { epoch, startOffset }]
    return true
  }

  /**
   * Drops what starts after `endOffset`, and moves the first epoch that reaches `startOffset` up to it. An epoch that starts at the end
   * has no record yet, and stays: clients have seen it, and would take a lower one for an old answer.
   */
  trim(startOffset: number, endOffset: number): void {
    let entries = this.#entries.filter(entry => entry.startOffset <= endOffset)
    const first = entries.findLast(entry => entry.startOffset <= startOffset)
    if (first) entries = [{ epoch: first.epoch, startOffset }, ...entries.filter(entry => entry.startOffset > startOffset)]
    this.#entries = entries
  }

  /** The largest known epoch at or below `epoch` and where it ended, `logEndOffset` for the current one; -1, -1 when unknown (KIP-279). */
  endOffsetFor(epoch: number, logEndOffset: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    if (epoch < 0 || epoch > this.latest) return { leaderEpoch: -1, endOffset: -1 }
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const next = this.#entries.find(entry => entry.epoch > epoch)
    const floor = this.#entries.findLast(entry => entry.epoch <= epoch)
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: next?.startOffset ?? logEndOffset }
  }

  /** The epoch in which `offset` was written; -1 when it lies before the first. */
  at(offset: number): number {
    return this.#entries.findLast(entry => entry.startOffset <= offset)?.epoch ?? -1
  }

  saveNow(): void {
    this.#disk.replaceNow(this.#path, this.#text())
  }

  /** Durably: a file that is not may be torn by a loss of power, and an epoch that no batch has yet is known from it alone. */
  save(): Promise<void> {
    return this.#saves.run(() => this.#disk.replace(this.#path, this.#text()))
  }

  /** Resolves when no write is under way. */
  settled(): Promise<void> {
    return this.#saves.idle()
  }

  /** Epochs before the first that the file knows, out of the batches: the log begins earlier than when it was written. */
  prepend(earlier: readonly LeaderEpoch[]): void {
    const [first] = this.#entries
    if (!first) return
    const found = earlier.filter(({ epoch, startOffset }) => epoch <= first.epoch && startOffset < first.startOffset)
    this.#entries = [...found, ...(found.at(-1)?.epoch === first.epoch ? this.#entries.slice(1) : this.#entries)]
  }

  #text(): Buffer {
    return writeCheckpointText(this.#entries.map(entry => `${entry.epoch} ${entry.startOffset}`))
  }
}
