/** SCRAM credentials in the catalog: what verifies a password, never a password (RFC 5802). */

import type Database from 'better-sqlite3'

export type ScramCredential = {
  readonly user: string
  /** Kafka's code of the mechanism: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}
type Row = { user: string; mechanism: number; iterations: number; salt: Buffer; stored_key: Buffer; server_key: Buffer }

export class CredentialRows {
  readonly #db: Database.Database

  constructor(db: Database.Database) {
    this.#db = db
  }

  all(): ScramCredential[] {
    const rows = this.#db.prepare('SELECT * FROM scram_credentials ORDER BY user, mechanism').all() as Row[] // shape of the table
    return rows.map(({ stored_key: storedKey, server_key: serverKey, ...row }) => ({ ...row, storedKey, serverKey }))
  }

  /** All changes or none; what is removed goes first. */
  change(changes: { readonly removed: readonly Pick<ScramCredential, 'user' | 'mechanism'>[]; readonly set: readonly ScramCredential[] }): void {
    this.#db.transaction(() => {
      const remove = this.#db.prepare('DELETE FROM scram_credentials WHERE user = ? AND mechanism = ?')
      const set = this.#db.prepare('INSERT OR REPLACE INTO scram_credentials (user, mechanism, iterations, salt, stored_key, server_key) VALUES (?, ?, ?, ?, ?, ?)')
      for (const { user, mechanism } of changes.removed) remove.run(user, mechanism)
      for (const { user, mechanism, iterations, salt, storedKey, serverKey } of changes.set) set.run(user, mechanism, iterations, salt, storedKey, serverKey)
    })()
  }
}
