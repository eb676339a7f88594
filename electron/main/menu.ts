/** The application menu: what every desktop program has. The product's own commands live in the window. */

import { app, Menu, nativeTheme, shell, type MenuItemConstructorOptions } from 'electron'
import type { SettingsFile, Theme } from './settings.ts'

const themes: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'system', label: 'As the system' },
  { theme: 'dark', label: 'Dark' },
  { theme: 'light', label: 'Light' },
]

export function installMenu(settings: SettingsFile, dataFolder: string): void {
  const isMac = process.platform === 'darwin'
  const development: MenuItemConstructorOptions[] = app.isPackaged ? [] : [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }]
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        { label: 'Show Data Folder', click: () => void shell.openPath(dataFolder) },
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { label: 'Theme', submenu: themes.map(entry => themeItem(settings, entry)) },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...development,
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [{ label: 'Apache Kafka Documentation', click: () => void shell.openExternal('https://kafka.apache.org/documentation/') }] },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

function themeItem(settings: SettingsFile, { theme, label }: { readonly theme: Theme; readonly label: string }): MenuItemConstructorOptions {
  return {
    label,
    type: 'radio',
    checked: settings.current.theme === theme,
    click() {
      nativeTheme.themeSource = theme
      settings.change({ theme })
    },
  }
}
