/** A Chromium for the window as a web page: Debian's or whichever this machine has, driven by Playwright. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { test } from 'vitest'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const remedy = 'Chromium is missing: apt-get install -y chromium fonts-liberation'

/** The program's path; undefined where there is none. */
export function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = names.flatMap(name => folders.map(folder => join(folder, name)))
  return [...candidates, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(isExecutable)
}

/** `test` where there is a browser, else skipped after a line that tells what to install; with CI set, a test that fails with that line. */
export function browserTest(): typeof test | typeof test.skip {
  if (findBrowser()) return test
  if (process.env['CI']) {
    test('Chromium is installed', () => {
      throw new Error(remedy)
    })
  } else {
    process.stderr.write(`skipped: ${remedy}\n`)
  }
  return test.skip
}

/** A fresh browser; the caller closes it. The first start on a cold disk takes ten seconds and more. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error(remedy)
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'], timeout: 120_000 })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // Not there, or not to be run: the next one then.
  }
}
