/** The scripts as npm starts them: in any Node from 20 on, with the dependencies half installed or not at all. */

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../../../build/places.mjs'

let clone: string
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'millrace-clone-'))
  cpSync(join(root, 'build'), join(clone, 'build'), { recursive: true })
})
afterEach(() => rmSync(clone, { recursive: true }))

/** The system's own Node, when there is one older than 24; the rule is the same text in any other. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(path => existsSync(path) && Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)?.[1]) < 24)

test.skipIf(!oldNode)('without dependencies an older Node says to install them, in one sentence', () => {
  const ran = spawnSync(String(oldNode), [join(clone, 'build/millrace.mjs'), 'version'], { encoding: 'utf8' })
  expect(ran).toMatchObject({ status: 1, stdout: '', stderr: 'The dependencies are not installed: run `npm ci` first.\n' })
})

test.skipIf(!oldNode)('when the install step of the package `node` did not run, an older Node says what to do about it', () => {
  mkdirSync(join(clone, 'node_modules/node'), { recursive: true })
  const ran = spawnSync(String(oldNode), [join(clone, 'build/millrace.mjs'), 'version'], { encoding: 'utf8' })
  expect(ran.status).toBe(1)
  expect(ran.stderr).toMatch(/^The Node 24 .* run `npm rebuild node --ignore-scripts=false` and try again\.\n$/)
})

test.skipIf(!oldNode || process.platform === 'win32')('an older Node hands over to the installed one, with its arguments and exit code', () => {
  mkdirSync(join(clone, 'node_modules/node/bin'), { recursive: true })
  writeFileSync(join(clone, 'node_modules/node/bin/node'), '#!/bin/sh\necho "$@"\nexit 7\n', { mode: 0o755 })
  const script = join(clone, 'build/millrace.mjs')
  expect(spawnSync(String(oldNode), [script, 'serve', '--data', 'a b'], { encoding: 'utf8' })).toMatchObject({ status: 7, stdout: `${script} serve --data a b\n` })
})
