/** The app's memory of itself: kept whole, and never a reason not to start. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SettingsFile } from '../../../electron/main/settings.ts'

const initial = { window: null, fallbackPort: null, brokerCount: 1 }
const standing = { bounds: { x: 10, y: 20, width: 1200, height: 800 }, isMaximized: true }
let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'millrace-settings-')) })
afterEach(() => rmSync(folder, { recursive: true }))

test('the first start finds the initial settings and writes nothing', () => {
  const path = join(folder, 'settings.json')
  expect(new SettingsFile(path).current).toEqual(initial)
  expect(existsSync(path)).toBe(false)
})

test('what changed is there at the next start, the rest as it was, and no draft is left', () => {
  const path = join(folder, 'new', 'settings.json')
  const settings = new SettingsFile(path)
  settings.change({ fallbackPort: 19_092 })
  settings.change({ window: standing })
  expect(new SettingsFile(path).current).toEqual({ window: standing, fallbackPort: 19_092, brokerCount: 1 })
  expect(readdirSync(join(folder, 'new'))).toEqual(['settings.json'])
})

test.each(['', '{"theme":', 'null', '[]', '"text"'])('a damaged file %j gives the initial settings', content => {
  const path = join(folder, 'settings.json')
  writeFileSync(path, content)
  expect(new SettingsFile(path).current).toEqual(initial)
  expect(readFileSync(path, 'utf8')).toBe(content)
})

test('a field that makes no sense is left at its initial value, the others are kept', () => {
  const path = join(folder, 'settings.json')
  writeFileSync(path, JSON.stringify({ colour: 'pink', fallbackPort: 70_000, brokerCount: 10, window: { bounds: { x: 1 }, isMaximized: false } }))
  expect(new SettingsFile(path).current).toEqual(initial)
  writeFileSync(path, JSON.stringify({ fallbackPort: 'none', window: standing, brokerCount: 3 }))
  expect(new SettingsFile(path).current).toEqual({ fallbackPort: null, window: standing, brokerCount: 3 })
})
