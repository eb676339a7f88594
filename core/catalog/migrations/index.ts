/** The catalog's schema, step by step: a migration once released is never edited, only followed by another. */

export type Migration = { readonly version: number; readonly sql: string }

export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE topics (
        name TEXT PRIMARY KEY,
        topic_id TEXT NOT NULL UNIQUE,
        partition_count INTEGER NOT NULL CHECK (partition_count > 0),
        is_internal INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE topic_configs (
        topic TEXT NOT NULL REFERENCES topics (name) ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (topic, name)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE deleted_topics (topic_id TEXT PRIMARY KEY, name TEXT NOT NULL, deleted_at INTEGER NOT NULL) STRICT;
    `,
  },
]
