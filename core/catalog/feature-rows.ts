/** Finalized features in the catalog: the level of each, and the epoch of them all. */

import type Database from 'better-sqlite3'

/** A fact beside the cluster id. */
const EPOCH = 'features-epoch'

export class FeatureRows {
  readonly #db: Database.Database

  constructor(db: Database.Database) {
    this.#db = db
  }

  /** What was finalized; nothing before the first change. */
  stored(): { readonly levels: ReadonlyMap<string, number>; readonly epoch: number } {
    const rows = this.#db.prepare('SELECT name, level FROM features').all() as { name: string; level: number }[] // shape of the SELECT
    const epoch = this.#db.prepare('SELECT value FROM facts WHERE name = ?').get(EPOCH) as { value: string } | undefined // shape of the SELECT
    return { levels: new Map(rows.map(({ name, level }) => [name, level])), epoch: Number(epoch?.value ?? 0) }
  }

  store({ levels, epoch }: { readonly levels: ReadonlyMap<string, number>; readonly epoch: number }): void {
    this.#db.transaction(() => {
      const set = this.#db.prepare('INSERT INTO features (name, level) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET level = excluded.level')
      for (const [name, level] of levels) set.run(name, level)
      this.#db.prepare('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(EPOCH, String(epoch))
    })()
  }
}
