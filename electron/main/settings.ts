/** What the app remembers of itself between starts: a small JSON file in `userData`, replaced as a whole. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { BROKERS_MAX } from '../../core/common/limits.ts'

export type Bounds = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type WindowState = { readonly bounds: Bounds; readonly isMaximized: boolean }
export type Settings = {
  readonly window: WindowState | null
  /** The port that was used instead when the wanted one was taken; tried first the next time it is. */
  readonly fallbackPort: number | null
  /** How many brokers to be, 1 to 9. */
  readonly brokerCount: number
}

const initial: Settings = { window: null, fallbackPort: null, brokerCount: 1 }

export class SettingsFile {
  readonly #path: string
  #settings: Settings

  /** A missing or damaged file gives the initial settings: nothing in it is worth refusing to start for. */
  constructor(path: string) {
    this.#path = path
    this.#settings = readSettings(path)
  }

  get current(): Settings {
    return this.#settings
  }

  change(changed: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...changed }
    mkdirSync(dirname(this.#path), { recursive: true })
    const fresh = `${this.#path}.new`
    writeFileSync(fresh, `${JSON.stringify(this.#settings, null, 2)}\n`)
    renameSync(fresh, this.#path)
  }
}

function readSettings(path: string): Settings {
  let read: unknown
  try {
    read = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return initial // Not there yet, or cut off by a crash of an older version.
  }
  if (typeof read !== 'object' || read === null) return initial
  const { window, fallbackPort, brokerCount } = read as Record<string, unknown> // Any object; each field is checked below.
  return {
    window: isWindowState(window) ? window : null,
    fallbackPort: isPort(fallbackPort) ? fallbackPort : null,
    brokerCount: isBrokerCount(brokerCount) ? brokerCount : initial.brokerCount,
  }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535
}

function isBrokerCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= BROKERS_MAX
}

function isWindowState(value: unknown): value is WindowState {
  if (typeof value !== 'object' || value === null) return false
  const { bounds, isMaximized } = value as Record<string, unknown> // As above.
  if (typeof isMaximized !== 'boolean' || typeof bounds !== 'object' || bounds === null) return false
  return ['x', 'y', 'width', 'height'].every(side => Number.isInteger((bounds as Record<string, unknown>)[side]))
}
