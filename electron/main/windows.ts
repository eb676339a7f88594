/** The app's windows: how they look to the system, where they stood the last time, and that nothing in them is trusted. */

import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { join } from 'node:path'
import type { Bounds, SettingsFile, WindowState } from './settings.ts'
import { pageOrigin } from './trust.ts'

const TITLE_BAR_HEIGHT = 38
const SMALLEST = { minWidth: 1024, minHeight: 640 }
const FIRST_SIZE = { width: 1440, height: 900 }
const SAVE_AFTER_MS = 500
/** The window's surface-0 and text-2, before its page says which it uses (`theme-color`). */
const chrome = { dark: { color: '#0e1013', symbolColor: '#b1b6bc' }, light: { color: '#eff1f4', symbolColor: '#484e55' } }

/** Without a display server a framed window crashes in Chromium's headless mode, and there is no title bar to draw into. */
const isHeadless = (): boolean => app.commandLine.getSwitchValue('ozone-platform') === 'headless'

export function openWindow(settings: SettingsFile): BrowserWindow {
  const state = settings.current.window
  const window = new BrowserWindow({
    ...SMALLEST,
    ...(state && isOnAScreen(state.bounds) ? state.bounds : FIRST_SIZE),
    title: 'Millrace',
    show: false,
    backgroundColor: colours().color,
    ...titleBar(),
    webPreferences: {
      preload: join(import.meta.dirname, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  if (state?.isMaximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  followTheme(window)
  rememberState(window, settings)
  void window.loadURL(`${pageOrigin()}/index.html`)
  return window
}

/** Brings a window to the front, for a second start of the app. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

function titleBar(): Electron.BrowserWindowConstructorOptions {
  if (isHeadless()) return { frame: false }
  if (process.platform === 'darwin') return { titleBarStyle: 'hidden', trafficLightPosition: { x: 14, y: 12 } }
  return { titleBarStyle: 'hidden', titleBarOverlay: { ...colours(), height: TITLE_BAR_HEIGHT } }
}

function colours(): { readonly color: string; readonly symbolColor: string } {
  return nativeTheme.shouldUseDarkColors ? chrome.dark : chrome.light
}

/** The native controls take the page's colour: it may be in another theme than the system. */
function followTheme(window: BrowserWindow): void {
  if (isHeadless() || process.platform === 'darwin') return
  window.webContents.on('did-change-theme-color', (_event, color) => {
    const isDark = color === null ? nativeTheme.shouldUseDarkColors : isDarkColour(color)
    window.setTitleBarOverlay({ symbolColor: (isDark ? chrome.dark : chrome.light).symbolColor, color: color ?? colours().color })
  })
}

/** `color` as #rrggbb. */
function isDarkColour(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => Number.parseInt(color.slice(at, at + 2), 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}

function rememberState(window: BrowserWindow, settings: SettingsFile): void {
  let timer: NodeJS.Timeout | undefined
  const save = (): void => {
    clearTimeout(timer)
    const state: WindowState = { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() }
    settings.change({ window: state })
  }
  const saveSoon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(save, SAVE_AFTER_MS)
  }
  window.on('resize', saveSoon)
  window.on('move', saveSoon)
  window.on('close', save)
}

/** A screen may have been unplugged since: enough of the title bar must be in reach to drag the window. */
function isOnAScreen(bounds: Bounds): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const shownWidth = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x)
    return shownWidth >= 100 && bounds.y >= workArea.y && bounds.y < workArea.y + workArea.height - TITLE_BAR_HEIGHT
  })
}
