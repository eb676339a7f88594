/** What Electron's own default app does for `electron FOLDER`: loads the app in that folder as if it had been packaged there. */

import * as electron from 'electron'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Electron's types leave out the calls that only a default app makes. @type {any} */
const app = electron.app
const require = createRequire(import.meta.url)

const { required, target } = readArguments(process.argv.slice(1))
for (const path of required) require(resolve(path))
Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true })

if (target === undefined) {
  process.stderr.write('electron: give the folder of an app\n')
  app.exit(1)
} else {
  // Awaited: 'ready' comes only when this module has ended, and the app has things to say before that.
  await load(resolve(target))
}

/**
 * `-r FILE` may repeat; other switches are Chromium's and Node's; the first plain argument is the app.
 * @param {string[]} args
 */
function readArguments(args) {
  /** @type {string[]} */
  const required = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '-r' || arg === '--require') required.push(args[++at] ?? '')
    else if (arg === '-v' || arg === '--version') print(`v${process.versions.electron}`)
    else if (!arg.startsWith('-')) return { required, target: arg }
  }
  return { required, target: undefined }
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`)
  process.exit(0)
}

/** @param {string} path */
async function load(path) {
  const description = resolve(path, 'package.json')
  let entry = path
  if (existsSync(description)) {
    const { name, productName, version, main } = JSON.parse(readFileSync(description, 'utf8'))
    if (version) app.setVersion(version)
    app.name = productName ?? name ?? app.name
    app.setAppPath(path)
    entry = resolve(path, main ?? 'index.js')
  } else {
    app.setAppPath(dirname(path))
  }
  try {
    await import(pathToFileURL(entry).href)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    app.exit(1)
  }
}
