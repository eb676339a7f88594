/** What administrators set that is kept in the catalog, and what they are told of this process. */

import type { Catalog } from '../catalog/catalog.ts'
import type { Disk } from '../common/disk.ts'
import { ClientQuotas } from './client-quotas.ts'
import { Features } from './features.ts'
import { MetadataQuorum } from './metadata-quorum.ts'
import { ScramCredentials } from './scram-credentials.ts'

export type AdminParts = {
  readonly features: Features
  readonly quotas: ClientQuotas
  readonly credentials: ScramCredentials
  readonly quorum: MetadataQuorum
  /** The folder of all logs, and the bytes of its file system. */
  readonly logFolder: { readonly path: string; space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> }
}

export function adminParts({ catalog, disk, logFolder }: { readonly catalog: Catalog; readonly disk: Disk; readonly logFolder: string }): AdminParts {
  return {
    features: new Features({ stored: catalog.features.stored(), store: stored => catalog.features.store(stored) }),
    quotas: new ClientQuotas(catalog.quotas),
    credentials: new ScramCredentials(catalog.credentials),
    quorum: new MetadataQuorum(catalog),
    logFolder: { path: logFolder, space: () => disk.space(logFolder) },
  }
}
