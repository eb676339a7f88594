/** The broker's catalog: topics, their configs and the cluster's own facts, in SQLite (WAL) beside the logs. */

import Database from 'better-sqlite3'
import type { Disk } from '../common/disk.ts'
import { ConfigRows } from './config-rows.ts'
import { CredentialRows } from './credential-rows.ts'
import { FeatureRows } from './feature-rows.ts'
import { migrations as allMigrations, type Migration } from './migrations/index.ts'
import { QuotaRows } from './quota-rows.ts'
import { ReplicaRows } from './replica-rows.ts'

export type TopicRecord = {
  readonly name: string
  /** Kafka's topic id, base64url of 16 bytes. */
  readonly topicId: string
  readonly partitionCount: number
  readonly isInternal: boolean
  /** Only what was set on the topic; defaults are the broker's. */
  readonly configs: Readonly<Record<string, string>>
  readonly createdAt: number
}

/** The folder or file cannot be used; the message names it and says what to do. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
}

type TopicRow = { name: string; topic_id: string; partition_count: number; is_internal: number; created_at: number }

export class Catalog {
  readonly #db: Database.Database
  /** Which brokers hold which partition. */
  readonly replicas: ReplicaRows
  /** Configs set at run time on brokers, groups and client metrics. */
  readonly configs: ConfigRows

  readonly quotas: QuotaRows
  readonly credentials: CredentialRows
  readonly features: FeatureRows

  private constructor(db: Database.Database) {
    this.#db = db
    this.replicas = new ReplicaRows(db)
    this.quotas = new QuotaRows(db)
    this.credentials = new CredentialRows(db)
    this.features = new FeatureRows(db)
    this.configs = new ConfigRows(db)
  }

  /**
   * Opens or creates the catalog and brings its schema up to date; before each migration the file is copied to `FILE.vN.bak`.
   * Throws CatalogError for a newer schema, a file that is no catalog, or a folder that cannot be written; nothing is changed then.
   * `file` may be an `image`: the catalog then lives in memory.
   */
  static open(options: { readonly file: string | Buffer; readonly disk: Disk; readonly migrations?: readonly Migration[] }): Catalog {
    const { file, disk, migrations = allMigrations } = options
    let db: Database.Database | undefined
    try {
      db = new Database(file)
      const version = Number(db.pragma('user_version', { simple: true }))
      const newest = migrations.at(-1)?.version ?? 0
      if (version > newest) {
        throw new CatalogError(`${file} was written by a newer Millrace (catalog version ${version}, this one knows ${newest}): `
          + 'update Millrace, or choose another data folder')
      }
      db.pragma('journal_mode = WAL')
      // A producer id given again, or a topic whose row is lost while its acknowledged records are not, would be worse than a flush per change.
      db.pragma('synchronous = FULL')
      db.pragma('foreign_keys = ON')
      for (const { version: next, sql } of migrations.filter(migration => migration.version > version)) {
        // A catalog made just now holds nothing to keep, and one in memory has no place for a copy.
        if (version > 0 && !db.memory) backUp(db, `${file}.v${next - 1}.bak`, disk)
        apply(db, next, sql)
      }
      return new Catalog(db)
    } catch (cause) {
      db?.close()
      if (cause instanceof CatalogError) throw cause
      throw new CatalogError(`the catalog ${file} cannot be opened: ${reasonOf(cause)}`, { cause })
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Rows that were written since it was opened. */
  get changeCount(): number {
    return Number(this.#db.prepare('SELECT total_changes()').pluck().get())
  }

  /** The whole catalog as bytes. */
  image(): Buffer {
    return this.#db.serialize()
  }

  /** A fact of the cluster (cluster id, next producer id block …), undefined when never set. */
  fact(name: string): string | undefined {
    return (this.#db.prepare('SELECT value FROM facts WHERE name = ?').get(name) as { value: string } | undefined)?.value // shape of the SELECT
  }

  setFact(name: string, value: string): void {
    this.#db.prepare('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value)
  }

  topics(): TopicRecord[] {
    const rows = this.#db.prepare('SELECT * FROM topics ORDER BY name').all() as TopicRow[] // shape of the table
    const configs = new Map<string, Record<string, string>>()
    const settings = this.#db.prepare('SELECT topic, name, value FROM topic_configs').all() as { topic: string; name: string; value: string }[] // shape of the table
    for (const { topic, name, value } of settings) {
      const of = configs.get(topic) ?? {}
      of[name] = value
      configs.set(topic, of)
    }
    return rows.map(row => ({
      name: row.name,
      topicId: row.topic_id,
      partitionCount: row.partition_count,
      isInternal: row.is_internal === 1,
      configs: configs.get(row.name) ?? {},
      createdAt: row.created_at,
    }))
  }

  /** `replicas`: the brokers of each partition; without them they are spread. */
  addTopic(topic: TopicRecord, replicas: readonly (readonly number[])[] = []): void {
    this.#db.transaction(() => {
      this.#db.prepare('INSERT INTO topics (name, topic_id, partition_count, is_internal, created_at) VALUES (?, ?, ?, ?, ?)')
        .run(topic.name, topic.topicId, topic.partitionCount, topic.isInternal ? 1 : 0, topic.createdAt)
      // An imported topic may come back under the id it was deleted with: its new folders must not pass for the old ones.
      this.forgetDeletedTopic(topic.topicId)
      const insert = this.#db.prepare('INSERT INTO topic_configs (topic, name, value) VALUES (?, ?, ?)')
      for (const [name, value] of Object.entries(topic.configs)) insert.run(topic.name, name, value)
      this.replicas.set(topic.name, 0, replicas)
    })()
  }

  /** `replicas`: the brokers of each partition that is new. */
  setPartitionCount(name: string, partitionCount: number, replicas: readonly (readonly number[])[] = []): void {
    this.#db.transaction(() => {
      this.#db.prepare('UPDATE topics SET partition_count = ? WHERE name = ?').run(partitionCount, name)
      this.replicas.set(name, partitionCount - replicas.length, replicas)
    })()
  }

  /** Replaces what a topic sets of its configs. */
  setTopicConfigs(name: string, configs: Readonly<Record<string, string>>): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM topic_configs WHERE topic = ?').run(name)
      const insert = this.#db.prepare('INSERT INTO topic_configs (topic, name, value) VALUES (?, ?, ?)')
      for (const [config, value] of Object.entries(configs)) insert.run(name, config, value)
    })()
  }

  /** Removes a topic's row and remembers its id, so that its folders are known as ours when they turn up at the next start. */
  removeTopic(topic: TopicRecord, deletedAt: number): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM topics WHERE name = ?').run(topic.name)
      this.#db.prepare('INSERT OR REPLACE INTO deleted_topics (topic_id, name, deleted_at) VALUES (?, ?, ?)').run(topic.topicId, topic.name, deletedAt)
    })()
  }

  /** Ids of deleted topics whose folders may still lie on disk. */
  deletedTopicIds(): Set<string> {
    const rows = this.#db.prepare('SELECT topic_id FROM deleted_topics').all() as { topic_id: string }[] // shape of the SELECT
    return new Set(rows.map(row => row.topic_id))
  }

  forgetDeletedTopic(topicId: string): void {
    this.#db.prepare('DELETE FROM deleted_topics WHERE topic_id = ?').run(topicId)
  }
}

function apply(db: Database.Database, version: number, sql: string): void {
  db.transaction(() => {
    db.exec(sql)
    db.pragma(`user_version = ${version}`)
  })()
}

/** A copy left by a start that died half-way is replaced: it holds the same version. */
function backUp(db: Database.Database, target: string, disk: Disk): void {
  disk.removeNow(target)
  db.prepare('VACUUM INTO ?').run(target)
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'SQLITE_NOTADB') return 'it is not a SQLite file; move it away or choose another data folder'
  if (code === 'SQLITE_READONLY' || code === 'SQLITE_CANTOPEN') return 'it or its folder is not writable; change its permissions or choose another data folder'
  if (code === 'SQLITE_FULL') return 'the disk is full; free some space and start again'
  if (code.startsWith('SQLITE_IOERR')) return 'its disk is full or fails; free some space, or choose another data folder'
  return cause instanceof Error ? cause.message : String(cause)
}
