/** Which brokers hold which partition, where it is not left to be spread: rows of the catalog. */

import type Database from 'better-sqlite3'

export class ReplicaRows {
  readonly #db: Database.Database

  constructor(db: Database.Database) {
    this.#db = db
  }

  /** Broker ids by topic and partition, the preferred leader first. */
  all(): Map<string, Map<number, readonly number[]>> {
    const rows = this.#db.prepare('SELECT topic, partition, replicas FROM partition_replicas').all() as { topic: string; partition: number; replicas: string }[] // shape of the SELECT
    const byTopic = new Map<string, Map<number, readonly number[]>>()
    for (const { topic, partition, replicas } of rows) {
      const of = byTopic.get(topic) ?? new Map<number, readonly number[]>()
      of.set(partition, replicas.split(',').map(Number))
      byTopic.set(topic, of)
    }
    return byTopic
  }

  /** Of partitions from `from` on. The topic must be there. */
  set(topic: string, from: number, replicas: readonly (readonly number[])[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO partition_replicas (topic, partition, replicas) VALUES (?, ?, ?)')
    for (const [at, ids] of replicas.entries()) insert.run(topic, from + at, ids.join(','))
  }
}
