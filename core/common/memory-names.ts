/**
 * The names on the memory disk: folders with what they hold now, and what a power loss would leave of that.
 *
 * Two file systems are modelled. 'journal' (ext4, XFS, NTFS, APFS): changes of names are committed in the order they were made, and a
 * flush of any folder commits all of them; a power loss keeps a prefix. 'strict' (what POSIX promises, no more): each folder has an
 * order of its own, and its flush commits that folder alone; a power loss keeps a prefix of each. Either way a rename is whole or not at all.
 */

import { MemoryContent } from './memory-content.ts'
import type { Random } from './random.ts'

export type NameOrder = 'journal' | 'strict'
export type Node = Folder | MemoryContent
type Change = { readonly order: number; readonly name: string; readonly node: Node | undefined }

export class Folder {
  readonly entries = new Map<string, Node>()
  /** As after the last commit. */
  durable = new Map<string, Node>()
  /** Since then, in order. A rename inside the folder is two changes of one order. */
  pending: Change[] = []
}

export class MemoryNames {
  #root = new Folder()
  readonly #kind: NameOrder
  #order = 0
  readonly #dirty = new Set<Folder>()

  constructor(kind: NameOrder) {
    this.#kind = kind
  }

  find(path: string): Node | undefined {
    let node: Node | undefined = this.#root
    for (const part of partsOf(path)) {
      if (!(node instanceof Folder)) return undefined
      node = node.entries.get(part)
    }
    return node
  }

  /** The folder that holds the last part of `path`, and that part; undefined when there is no such folder. */
  place(path: string): { readonly folder: Folder; readonly name: string } | undefined {
    const parts = partsOf(path)
    const name = parts.pop()
    let node: Node | undefined = this.#root
    for (const part of parts) node = node instanceof Folder ? node.entries.get(part) : undefined
    return node instanceof Folder && name !== undefined ? { folder: node, name } : undefined
  }

  /** Makes a folder and its parents; false when a file stands in the way. */
  makeFolder(path: string): boolean {
    let node: Node = this.#root
    for (const part of partsOf(path)) {
      let next: Node | undefined = node.entries.get(part)
      if (!next) this.#change(node, part, (next = new Folder()), this.#order++)
      if (!(next instanceof Folder)) return false
      node = next
    }
    return true
  }

  set(at: { readonly folder: Folder; readonly name: string }, node: Node | undefined): void {
    this.#change(at.folder, at.name, node, this.#order++)
  }

  move(from: { readonly folder: Folder; readonly name: string }, to: { readonly folder: Folder; readonly name: string }): void {
    const node = from.folder.entries.get(from.name)
    const order = this.#order++
    this.#change(from.folder, from.name, undefined, order)
    this.#change(to.folder, to.name, node, order)
  }

  #change(folder: Folder, name: string, node: Node | undefined, order: number): void {
    apply(folder.entries, { order, name, node })
    folder.pending.push({ order, name, node })
    this.#dirty.add(folder)
  }

  /** Commits what was done up to now: all of it, or this folder's. */
  flush(folder: Folder): void {
    for (const each of this.#kind === 'journal' ? this.#dirty : [folder]) {
      for (const change of each.pending) apply(each.durable, change)
      each.pending = []
      this.#dirty.delete(each)
    }
  }

  /** Everything written is on the disk, but for what a failed flush gave up. */
  settle(): void {
    for (const folder of this.#dirty) {
      for (const change of folder.pending) apply(folder.durable, change)
      folder.pending = []
    }
    this.#dirty.clear()
    for (const [, content] of this.files()) content.settle()
  }

  losePower(random: Random): void {
    const cut = this.#kind === 'journal' ? this.#cutOf([...this.#dirty].flatMap(({ pending }) => pending), random) : undefined
    for (const folder of this.#dirty) {
      const upTo = cut ?? this.#cutOf(folder.pending, random)
      for (const change of folder.pending) if (change.order < upTo) apply(folder.durable, change)
      folder.pending = []
    }
    this.#dirty.clear()
    revert(this.#root)
    for (const [, node] of this.files()) node.losePower(random)
  }

  #cutOf(changes: readonly Change[], random: Random): number {
    const orders = [...new Set(changes.map(({ order }) => order))].sort((a, b) => a - b)
    return orders[random.below(orders.length + 1)] ?? Infinity
  }

  /** Every file with its path, in the order of the folders. */
  *files(folder = this.#root, path = ''): Generator<[string, MemoryContent]> {
    for (const [name, node] of folder.entries) {
      if (node instanceof Folder) yield* this.files(node, `${path}/${name}`)
      else yield [`${path}/${name}`, node]
    }
  }
}

function apply(entries: Map<string, Node>, { name, node }: Change): void {
  if (node) entries.set(name, node)
  else entries.delete(name)
}

/** What is left is what was durable; folders that are out of reach are gone with all they held. */
function revert(folder: Folder): void {
  folder.entries.clear()
  for (const [name, node] of folder.durable) {
    folder.entries.set(name, node)
    if (node instanceof Folder) revert(node)
  }
}

function partsOf(path: string): string[] {
  return path.split(/[/\\]/).filter(part => part !== '' && part !== '.')
}
