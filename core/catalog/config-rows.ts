/** Configs set at run time on anything but topics, in the catalog: of brokers (name '' for all of them), groups and client metrics. */

import type Database from 'better-sqlite3'

export type ConfiguredKind = 'broker' | 'group' | 'client-metrics' | 'broker-logger'
export type ConfiguredResource = { readonly kind: ConfiguredKind; readonly resource: string; readonly configs: Readonly<Record<string, string>> }

type Row = { kind: ConfiguredKind; resource: string; name: string; value: string }

export class ConfigRows {
  readonly #db: Database.Database

  constructor(db: Database.Database) {
    this.#db = db
  }

  all(): ConfiguredResource[] {
    const found = new Map<string, ConfiguredResource & { readonly configs: Record<string, string> }>()
    const rows = this.#db.prepare('SELECT kind, resource, name, value FROM resource_configs ORDER BY kind, resource, name').all() as Row[] // shape of the SELECT
    for (const { kind, resource, name, value } of rows) {
      const key = `${kind} ${resource}`
      const entry = found.get(key) ?? { kind, resource, configs: {} }
      entry.configs[name] = value
      found.set(key, entry)
    }
    return [...found.values()]
  }

  /** Replaces all that is set on a resource. */
  set({ kind, resource, configs }: ConfiguredResource): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM resource_configs WHERE kind = ? AND resource = ?').run(kind, resource)
      const insert = this.#db.prepare('INSERT INTO resource_configs (kind, resource, name, value) VALUES (?, ?, ?, ?)')
      for (const [name, value] of Object.entries(configs)) insert.run(kind, resource, name, value)
    })()
  }
}
