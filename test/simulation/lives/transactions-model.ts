/** What must be true of transactions: all of one is seen by readers of committed records, or nothing. */

import { Violation } from '../model.ts'

type Fate = 'open' | 'ending' | 'committed' | 'aborted'

export class ModelTransaction {
  readonly name: string
  readonly group: string
  /** By the partition they were acknowledged in. */
  readonly stored = new Map<string, number>()
  /** All that were sent, acknowledged or not. */
  readonly sent = new Set<string>()
  /** The offset it commits for its group; undefined when it commits none. */
  offset: number | undefined
  /** 'ending': a commit was asked for, and whether it came to pass is not known. */
  fate: Fate = 'open'

  constructor(name: string, group: string) {
    this.name = name
    this.group = group
  }
}

export class TransactionsModel {
  readonly transactions: ModelTransaction[] = []
  readonly #byValue = new Map<string, ModelTransaction>()
  readonly #seen = new Map<string, number>()
  #offsets = 0
  /** Called when a producer asks to end a transaction. */
  onEnding: () => void = () => {}

  begin(name: string, group: string): ModelTransaction {
    const transaction = new ModelTransaction(name, group)
    this.transactions.push(transaction)
    return transaction
  }

  send(transaction: ModelTransaction, value: string): void {
    transaction.sent.add(value)
    this.#byValue.set(value, transaction)
  }

  /** Offsets rise, so that a later one can be told from an earlier one. */
  nextOffset(): number {
    return ++this.#offsets
  }

  /** A reader of committed records got it. */
  seen(partition: number, value: string): void {
    const transaction = this.#byValue.get(value)
    if (!transaction) throw new Violation(`${value} is read, and nobody sent it`)
    if (transaction.fate === 'aborted') throw new Violation(`${value} is read as committed, and ${transaction.name} was aborted`)
    if (transaction.fate === 'open') throw new Violation(`${value} is read as committed, and ${transaction.name} is open`)
    const before = this.#seen.get(value)
    if (before !== undefined && before !== partition) throw new Violation(`${value} is read in ${partition}, and before in ${before}`)
    this.#seen.set(value, partition)
  }

  /** Everything that readers of committed records find in the end, and what each group has. */
  check(found: ReadonlyMap<string, number>, offsets: ReadonlyMap<string, number>): void {
    for (const [value, times] of found) if (times !== 1) throw new Violation(`${value} is there ${times} times`)
    for (const value of this.#seen.keys()) if (!found.has(value)) throw new Violation(`${value} was read as committed, and is not there any more`)
    for (const transaction of this.transactions) this.#checkOne(transaction, found)
    for (const [group, offset] of offsets) this.#checkOffset(group, offset, found)
  }

  #checkOne({ name, stored, sent, fate }: ModelTransaction, found: ReadonlyMap<string, number>): void {
    const there = [...sent].filter(value => found.has(value))
    if (there.length > 0 && (fate === 'aborted' || fate === 'open')) throw new Violation(`${name} is ${fate}, and ${there.join(' ')} can be read`)
    const missing = [...stored.keys()].filter(value => !found.has(value))
    if (missing.length > 0 && (fate === 'committed' || there.length > 0)) throw new Violation(`${name} (${fate}) is half there: ${there.join(' ')} can be read, ${missing.join(' ')} cannot`)
  }

  #checkOffset(group: string, offset: number, found: ReadonlyMap<string, number>): void {
    const own = this.transactions.filter(transaction => transaction.group === group && transaction.offset !== undefined)
    const isThere = ({ fate, stored }: ModelTransaction): boolean => fate === 'committed' || [...stored.keys()].some(value => found.has(value))
    const least = Math.max(-1, ...own.filter(isThere).map(transaction => transaction.offset ?? -1))
    if (offset < least) throw new Violation(`${group} has ${offset}, and a transaction that committed ${least} is there`)
    if (offset < 0) return
    const of = own.find(transaction => transaction.offset === offset)
    if (!of) throw new Violation(`${group} has ${offset}, and no transaction committed it`)
    if (of.fate === 'aborted' || of.fate === 'open') throw new Violation(`${group} has ${offset} of ${of.name}, which is ${of.fate}`)
    if (of.stored.size > 0 && !isThere(of)) throw new Violation(`${group} has ${offset} of ${of.name}, of which no record is there`)
  }
}
