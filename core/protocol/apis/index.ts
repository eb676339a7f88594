/** Every API the broker has, in the order of their keys: dispatch and the ApiVersions answer both read this list. */

import type { Api } from '../schema.ts'
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { metadata } from './03-metadata.ts'
import { apiVersions } from './18-api-versions.ts'

export { produce } from './00-produce.ts'
export { fetch } from './01-fetch.ts'
export { metadata } from './03-metadata.ts'
export { apiVersions } from './18-api-versions.ts'

export const apis: readonly Api[] = [
  produce,
  fetch,
  metadata,
  apiVersions,
]

const byKey = new Map(apis.map(api => [api.key, api]))

/** The API of a key; undefined when there is none. */
export function apiOf(key: number): Api | undefined {
  return byKey.get(key)
}
