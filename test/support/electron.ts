/** Starts the real app in tests: Electron driven by Playwright, with a data folder of its own, with or without a display. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { test } from 'vitest'
import { findElectron } from '../../build/electron-runtime.mjs'
import { unattendedSwitches } from '../../build/machine.mjs'
import { root } from '../../build/places.mjs'

export type AppUnderTest = {
  readonly electron: ElectronApplication
  readonly window: Page
  /** Electron's userData; the broker's data is in `local` below it. */
  readonly dataFolder: string
  /** Of its broker, as host:port. */
  readonly address: string
  /** What the app wrote since the window was there, as lines. */
  readonly output: readonly string[]
  /** Quits as a user does and resolves when the process has ended; removes the data folder when the app made it. */
  close(): Promise<void>
}

export type LaunchOptions = {
  /** Kept after the app closes; without it a temporary one is made and removed. */
  readonly dataFolder?: string
  /** The broker's port when it is free; any unless told. */
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  /** A program other than Electron on this checkout: the packaged app. */
  readonly executablePath?: string
}

const READY_MS_MAX = 30_000

/** `test`, skipped where this machine cannot run Electron: build/test.mjs finds that out and says it once. */
export const electronTest: typeof test | typeof test.skip = process.env['MILLRACE_NO_ELECTRON'] ? test.skip : test

/** The app's first window, shown, with its page loaded. */
export async function launchApp(options: LaunchOptions = {}): Promise<AppUnderTest> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'millrace-app-'))
  const readyFolder = mkdtempSync(join(tmpdir(), 'millrace-ready-'))
  const readyFile = join(readyFolder, 'address')
  const executablePath = options.executablePath ?? findElectron()?.path
  if (!executablePath) throw new Error('there is no Electron: run `npm run e2e`, which gets one')
  const electron = await _electron.launch({
    executablePath,
    args: [...unattendedSwitches(dataFolder), `--port=${options.port ?? 0}`, `--ready-file=${readyFile}`, ...(options.executablePath ? [] : [root])],
    env: { ...plainEnvironment(), ...options.env },
    timeout: 60_000,
  })
  const output = collectLines(electron)
  const window = await electron.firstWindow()
  await window.waitForLoadState('domcontentloaded')
  const [address = ''] = (await contentOf(readyFile)).split('\n')
  return {
    electron, window, dataFolder, address, output,
    async close() {
      await electron.close()
      rmSync(readyFolder, { recursive: true, force: true })
      if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

/** This process's environment without what would make Electron behave as Node. */
function plainEnvironment(): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, NODE_OPTIONS: __, ...rest } = process.env
  return Object.fromEntries(Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** The content of a file that appears whole, some time. */
async function contentOf(path: string): Promise<string> {
  for (const since = performance.now(); performance.now() - since < READY_MS_MAX; await wait(20)) {
    if (existsSync(path)) return readFileSync(path, 'utf8')
  }
  throw new Error(`the app did not say that its broker is ready within ${READY_MS_MAX} ms`)
}

function collectLines(electron: ElectronApplication): string[] {
  const lines: string[] = []
  const { stdout, stderr } = electron.process()
  for (const stream of [stdout, stderr]) stream?.on('data', (bytes: Buffer) => lines.push(...bytes.toString().split('\n').filter(line => line !== '')))
  return lines
}

