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
  {
    version: 2,
    sql: `
      -- Configs set at run time: kind 'broker' (name '' for all brokers), 'group', 'client-metrics', 'broker-logger'.
      CREATE TABLE resource_configs (
        kind TEXT NOT NULL,
        resource TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (kind, resource, name)
      ) STRICT, WITHOUT ROWID;
      -- Brokers that hold a partition, the preferred leader first, as 2,3,1. A partition without a row: every broker there is, spread by its index.
      CREATE TABLE partition_replicas (
        topic TEXT NOT NULL REFERENCES topics (name) ON DELETE CASCADE,
        partition INTEGER NOT NULL,
        replicas TEXT NOT NULL,
        PRIMARY KEY (topic, partition)
      ) STRICT, WITHOUT ROWID;
      -- The levels of features that were finalized by an administrator.
      CREATE TABLE features (name TEXT PRIMARY KEY, level INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      -- An entity is JSON, its types in order: {"client-id":"a","user":null}; null for the default of a type.
      CREATE TABLE quotas (entity TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (entity, name)) STRICT, WITHOUT ROWID;
      CREATE TABLE scram_credentials (
        user TEXT NOT NULL,
        mechanism INTEGER NOT NULL,
        iterations INTEGER NOT NULL,
        salt BLOB NOT NULL,
        stored_key BLOB NOT NULL,
        server_key BLOB NOT NULL,
        PRIMARY KEY (user, mechanism)
      ) STRICT, WITHOUT ROWID;
    `,
  },
]
