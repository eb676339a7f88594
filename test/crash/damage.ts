/** What a user may delete while the broker is down without losing a record: indexes, snapshots and checkpoints are made again. */

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../core/common/random.ts'

const kinds: readonly { readonly what: string; readonly files: RegExp }[] = [
  { what: 'indexes', files: /\.(index|timeindex)$/ },
  { what: 'producer snapshots', files: /\.snapshot$/ },
  { what: 'recovery checkpoint', files: /^recovery-point-offset-checkpoint$/ },
]

/** Removes the files of one kind, or half of them; says what it did. */
export function damageFiles(folder: string, random: Random): string {
  const kind = kinds[random.below(kinds.length)]
  if (!kind) return 'nothing removed'
  const isHalf = random.below(2) === 0
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile() && kind.files.test(entry.name))
  const chosen = files.filter(() => !isHalf || random.below(2) === 0)
  for (const { parentPath, name } of chosen) rmSync(join(parentPath, name))
  return `${chosen.length} files (${kind.what}) removed`
}
