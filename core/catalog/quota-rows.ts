/** Client quotas in the catalog: the values of each entity, by the quota's name. */

import type Database from 'better-sqlite3'

export type QuotaChange = {
  /** The entity as the catalog names it: JSON, its types in order. */
  readonly entity: string
  /** Kafka's name of the quota: producer_byte_rate … */
  readonly name: string
  /** null: it goes. */
  readonly value: number | null
}
type Row = { readonly entity: string; readonly name: string; readonly value: number }

export class QuotaRows {
  readonly #db: Database.Database

  constructor(db: Database.Database) {
    this.#db = db
  }

  all(): Row[] {
    return this.#db.prepare('SELECT entity, name, value FROM quotas ORDER BY entity, name').all() as Row[] // shape of the SELECT
  }

  /** All changes or none. */
  change(changes: readonly QuotaChange[]): void {
    this.#db.transaction(() => {
      const set = this.#db.prepare('INSERT INTO quotas (entity, name, value) VALUES (?, ?, ?) ON CONFLICT (entity, name) DO UPDATE SET value = excluded.value')
      const remove = this.#db.prepare('DELETE FROM quotas WHERE entity = ? AND name = ?')
      for (const { entity, name, value } of changes) {
        if (value === null) remove.run(entity, name)
        else set.run(entity, name, value)
      }
    })()
  }
}
