/** The application menu: what every desktop program has. The product's own commands live in the window. */

import { app, Menu, shell, type MenuItemConstructorOptions } from 'electron'

export function installMenu(dataFolder: string): void {
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
