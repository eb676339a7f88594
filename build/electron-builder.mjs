/** What electron-builder packs: the bundles, the window, and of node_modules only what loads at run time, without sources. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundledModules, nativeModules } from './bundle.mjs'

/**
 * @param {{ dist: string, version: string }} electron the runtime to pack
 * @param {{ isCompiled: boolean }} sqlite whether better-sqlite3 was compiled here; else its shipped binary is packed
 * @returns {import('electron-builder').Configuration}
 */
export function packaging(electron, sqlite) {
  return {
    appId: 'org.millrace.app',
    productName: 'Millrace',
    executableName: 'millrace',
    copyright: 'The Millrace authors',
    electronDist: electron.dist,
    electronVersion: electron.version,
    // The native modules are Node-API and already right for this Electron (build/native.mjs).
    npmRebuild: false,
    directories: { output: 'release', buildResources: 'build/icons' },
    files: [
      'package.json', 'dist/app/**', 'dist/window/**', '!dist/**/.stamp', '!dist/**/*.map',
      '!**/*.{md,ts,map,c,cc,cpp,h,hpp,gyp,gypi}', '!**/{test,tests,example,examples,docs}/**',
      '!node_modules/better-sqlite3/{deps,src,binding.gyp}',
      sqlite.isCompiled ? '!node_modules/better-sqlite3/prebuilds' : `!node_modules/better-sqlite3/prebuilds/!(${process.platform}-${process.arch}).node`,
      `!node_modules/{node-addon-api,${bundledModules.join(',')}}`,
    ],
    asarUnpack: nativeModules.map(name => `node_modules/${name}/**/*.node`),
    linux: { target: 'dir', category: 'Development', synopsis: 'Data-pipeline studio with a Kafka-compatible broker inside' },
    mac: { target: 'dir', category: 'public.app-category.developer-tools' },
    win: { target: 'dir' },
    // Electron's own default app comes along when its folder is given: it would only be dead weight.
    afterPack: ({ appOutDir }) => rmSync(join(appOutDir, 'resources/default_app.asar'), { force: true }),
  }
}
