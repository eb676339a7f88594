/**
 * `npm run lock`: run it after npm has changed package-lock.json. npm 10 compiles a package that has a binding.gyp unless the lock says
 * that it need not, and npm drops that word whenever it writes the lock; better-sqlite3 ships its binary, and `npm ci` must need no compiler.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './places.mjs'

const shipsBinary = ['better-sqlite3']
const path = join(root, 'package-lock.json')

/** Entries of the lock that would be compiled by npm 10. */
export function compiledByNpm10() {
  const { packages } = JSON.parse(readFileSync(path, 'utf8'))
  return shipsBinary.map(name => `node_modules/${name}`).filter(entry => packages[entry] && packages[entry].gypfile !== false)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  for (const entry of compiledByNpm10()) {
    const { version, resolved, integrity, ...rest } = lock.packages[entry]
    lock.packages[entry] = { version, ...(resolved && { resolved }), integrity, gypfile: false, ...rest }
  }
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
