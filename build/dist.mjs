/** `npm run dist`: the app as a folder in release/, ready to be started or archived. */

import { fail } from './on-node-24.mjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfNeeded } from './build.mjs'
import { packaging } from './electron-builder.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { nativeFor } from './native.mjs'
import { root } from './places.mjs'

const say = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`)

buildIfNeeded({ isQuiet: false })
const electron = await electronRuntime(say)
if (electron.is === 'missing') fail(`${electron.what} ${electron.remedy}`)
const missing = await nativeFor(electron, say)
if (missing) fail(`${missing.what} ${missing.remedy}`)

const { build, Platform } = await import('electron-builder')
const isCompiled = existsSync(join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'))
await build({ projectDir: root, targets: Platform.current().createTarget('dir'), publish: 'never', config: packaging(electron, { isCompiled }) })
