/** What is bundled into dist/app and how: the same options for a build and for the watching of `npm run dev`. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './places.mjs'

/** Loaded from node_modules at run time: they find their binaries relative to themselves. */
export const nativeModules = ['better-sqlite3', '@node-rs/crc32', 'snappy', 'lz4-napi', '@toondepauw/node-zstd']
/** Inside the bundles, so that a start reads few files: not packed a second time. */
export const bundledModules = ['@msgpack', 'valibot', 'ws']
/** ws tries these two for speed and does without them. */
const optionalOfWs = ['bufferutil', 'utf-8-validate']
const external = ['electron', ...nativeModules, ...optionalOfWs]

/** Bundle name → its source. The preload stands apart: sandboxed, it must be one CommonJS file. */
const entries = {
  main: 'electron/main/index.ts',
  millrace: 'core/headless/main.ts',
  'broker-worker': 'core/threads/broker-worker.ts',
  'scan-worker': 'core/threads/scan-worker.ts',
}

/** These start through a few lines that turn on V8's compile cache first, so that a second start parses and compiles nothing. */
const cached = new Set(['millrace', 'broker-worker', 'scan-worker'])
const prefix = '\0cached:'

/** @returns {import('rolldown').Plugin} */
function compileCache() {
  return {
    name: 'compile-cache',
    resolveId: id => (id.startsWith(prefix) ? id : undefined),
    load(id) {
      if (!id.startsWith(prefix)) return
      const source = JSON.stringify(join(root, id.slice(prefix.length)))
      // Not in Electron 33 (Node 20), hence the question mark.
      return `import * as nodeModule from 'node:module'\nnodeModule.enableCompileCache?.()\nawait import(${source})\n`
    },
  }
}

/** @type {import('rolldown').Plugin} */
const sourceMapNames = {
  name: 'source-map-names',
  outputOptions: options => ({ ...options, sourcemapPathTransform: path => path.replace(/^(\.\.\/)+/, 'millrace/') }),
}

/**
 * The bundles of dist/app. Sources that are missing are left out and named in `missing`.
 * @param {string} folder where the bundles go
 */
export function bundles(folder) {
  const present = Object.entries(entries).filter(([, source]) => existsSync(join(root, source)))
  const missing = Object.values(entries).filter(source => !existsSync(join(root, source)))
  /** @type {import('rolldown').BuildOptions} */
  const app = {
    cwd: root,
    input: Object.fromEntries(present.map(([name, source]) => [name, cached.has(name) ? `${prefix}${source}` : source])),
    platform: 'node',
    external,
    plugins: [compileCache(), sourceMapNames],
    transform: { target: 'node20' },
    output: { dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', sourcemap: true },
  }
  /** @type {import('rolldown').BuildOptions} */
  const preload = {
    cwd: root,
    input: 'electron/preload/index.ts',
    platform: 'node',
    external: ['electron'],
    output: { file: join(folder, 'preload.cjs'), format: 'cjs', sourcemap: true },
  }
  if (existsSync(join(root, 'electron/preload/index.ts'))) return { options: [app, preload], missing }
  return { options: [app], missing: [...missing, 'electron/preload/index.ts'] }
}
