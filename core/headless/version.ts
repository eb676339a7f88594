/** The version of this program, from the package.json it ships with. */

import { createRequire } from 'node:module'

export function productVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string } // our own package.json
  return version
}
