/** The rules of the house, held by a test: who may import whom, what is banned and what to use instead, how long things may be. */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { expect, test } from 'vitest'
import { exceptions } from './architecture-exceptions.ts'
import { functionLengths } from './support/function-lengths.ts'

const root = join(import.meta.dirname, '..')
const code = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: root, exclude: name => name === 'node_modules' || name === 'dist' }).map(path => path.split(sep).join('/')).sort()

const productFiles = code('core/**/*.ts', 'electron/**/*.ts', 'renderer/**/*.{ts,tsx}')
const allFiles = [...productFiles, ...code('test/**/*.{ts,tsx}', 'bench/**/*.ts', 'build/**/*.{ts,mjs}', '*.config.ts')]
const styleFiles = code('renderer/**/*.css')
const text = new Map(allFiles.map(path => [path, readFileSync(join(root, path), 'utf8')]))

/** What a layer may import; the first entry that a path starts with is its layer. */
const layers: readonly { readonly layer: string; readonly may: readonly string[] }[] = [
  { layer: 'core/common', may: [] },
  { layer: 'core/records', may: ['core/common'] },
  { layer: 'core/protocol', may: ['core/common'] },
  { layer: 'core/log', may: ['core/common', 'core/records'] },
  { layer: 'core/catalog', may: ['core/common', 'core/records'] },
  { layer: 'core/coordinator', may: ['core/common', 'core/records', 'core/log'] },
  { layer: 'core/groups', may: ['core/common', 'core/records', 'core/log', 'core/coordinator', 'core/protocol'] },
  { layer: 'core/transactions', may: ['core/common', 'core/records', 'core/log', 'core/coordinator', 'core/protocol'] },
  {
    layer: 'core/broker',
    may: ['core/common', 'core/records', 'core/protocol', 'core/log', 'core/catalog', 'core/coordinator', 'core/groups', 'core/transactions'],
  },
  { layer: 'core/serdes', may: ['core/common', 'core/records'] },
  { layer: 'core/expressions', may: ['core/common'] },
  { layer: 'core/clusters', may: ['core/common', 'core/records', 'core/protocol', 'core/log', 'core/catalog', 'core/groups', 'core/broker', 'core/serdes'] },
  { layer: 'core/pipelines', may: ['core/common', 'core/records', 'core/protocol', 'core/clusters', 'core/serdes', 'core/expressions'] },
  { layer: 'core/studio/contract', may: [] },
  { layer: 'core/studio', may: ['core'] },
  { layer: 'core/threads', may: ['core'] },
  { layer: 'core/headless', may: ['core'] },
  { layer: 'electron/preload', may: [] },
  { layer: 'electron/main', may: ['core/studio', 'core/broker', 'core/common', 'core/threads', 'core/catalog'] },
  { layer: 'renderer/ui', may: [] },
  { layer: 'renderer/format', may: [] },
  { layer: 'renderer', may: ['core/studio/contract', 'core/studio/rpc', 'core/expressions', 'core/pipelines/document'] },
]

/** Bans: what, where, and what to use instead. */
const inCoreBut = (...own: string[]) => (path: string): boolean => path.startsWith('core/') && !own.includes(path)
const bans: readonly { readonly what: RegExp; readonly where: (path: string) => boolean; readonly instead: string }[] = [
  { what: /from 'electron'|import\('electron'\)/, where: path => !path.startsWith('electron/') && inProduct(path), instead: 'electron lives in electron/' },
  { what: /from 'react(-dom)?(\/[a-z-]+)?'/, where: path => inProduct(path) && !path.startsWith('renderer/'), instead: 'react lives in renderer/' },
  { what: /from '(node:)?fs(\/promises)?'/, where: inCoreBut('core/common/node-disk.ts', 'core/broker/port-holder.ts'), instead: 'the Disk that was passed in (core/common/disk.ts)' },
  { what: /\bDate\.now\(|\bnew Date\(\)/, where: inCoreBut('core/common/clock.ts'), instead: 'clock.now()' },
  { what: /\bperformance\.now\(/, where: inCoreBut('core/common/clock.ts'), instead: 'clock.elapsed()' },
  { what: /\bset(Timeout|Interval|Immediate)\(/, where: inCoreBut('core/common/clock.ts'), instead: 'clock.after()' },
  { what: /\bMath\.random\(|\brandomUUID\(/, where: inProduct, instead: 'the Random that was passed in' },
  { what: /\bconsole\./, where: inProduct, instead: 'a Logger, or stdout through core/headless' },
  { what: /\bFIXME\b|\bTODO\b|\bXXX\b/, where: path => !path.startsWith('test/architecture'), instead: 'finish it, or write it down as a difference' },
  { what: /\bexport default\b/, where: path => inProduct(path) || path.startsWith('test/'), instead: 'a named export' },
]

function inProduct(path: string): boolean {
  return /^(core|electron|renderer)\//.test(path)
}

function layerOf(path: string): string | undefined {
  return layers.find(({ layer }) => path === `${layer}.ts` || path.startsWith(`${layer}/`) || path.startsWith(`${layer}-`))?.layer
}

function importsOf(path: string): string[] {
  const found = (text.get(path) ?? '').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'|new URL\('(\.[^']+\.(?:ts|tsx|mjs))'/g)
  return [...found].map(match => normalize(join(dirname(path), match[1] ?? match[2] ?? '')).split(sep).join('/'))
}

function complaints(find: (path: string) => Iterable<string>, files: readonly string[]): string[] {
  const excused = new Set(exceptions.map(({ path, rule }) => `${path}: ${rule}`))
  return files.flatMap(path => [...find(path)].map(rule => `${path}: ${rule}`)).filter(line => !excused.has(line))
}

test('each layer imports only what the table allows', () => {
  const wrong = complaints(function* (path) {
    const layer = layerOf(path)
    const may = layers.find(entry => entry.layer === layer)?.may ?? []
    for (const target of importsOf(path)) {
      if (!existsSync(join(root, target))) yield `imports ${target}, which does not exist`
      if (!inProduct(target)) continue
      const own = layer !== undefined && (layerOf(target) === layer || target.startsWith(`${layer}/`))
      if (!own && !may.some(allowed => target.startsWith(`${allowed}/`) || target === `${allowed}.ts`)) yield `imports ${target}`
    }
    const feature = path.match(/^renderer\/features\/([^/]+)\//)?.[1]
    for (const target of importsOf(path)) {
      const other = target.match(/^renderer\/features\/([^/]+)\//)?.[1]
      if (feature && other && other !== feature) yield `a feature imports another: ${target}`
    }
  }, productFiles)
  expect(wrong).toEqual([])
})

test('every folder of the product belongs to a layer', () => {
  expect(productFiles.filter(path => layerOf(path) === undefined)).toEqual([])
})

test('banned constructs are not used', () => {
  const wrong = complaints(function* (path) {
    const lines = (text.get(path) ?? '').split('\n')
    for (const ban of bans) {
      if (!ban.where(path)) continue
      const at = lines.findIndex(line => ban.what.test(line) && !/^\s*(\*|\/\/|\/\*\*)/.test(line))
      if (at >= 0) yield `line ${at + 1}: ${ban.what.source}: use ${ban.instead}`
    }
  }, allFiles)
  expect(wrong.map(line => line.replaceAll('\\', ''))).toEqual([])
})

test('no file is longer than 500 lines and no function longer than 70', () => {
  const wrong = complaints(function* (path) {
    const source = text.get(path) ?? ''
    const lineCount = source.split('\n').length - 1
    if (lineCount > 500) yield `${lineCount} lines`
    if (!inProduct(path)) return
    for (const { name, lines } of functionLengths(path, source)) if (lines > 70) yield `function ${name} has ${lines} lines`
  }, allFiles)
  expect(wrong).toEqual([])
})

test('no file of the product is imported by nobody', () => {
  const entries = new Set(['electron/main/index.ts', 'electron/preload/index.ts', 'renderer/main.tsx', 'core/headless/main.ts'])
  const workers = /^core\/threads\/[a-z]+-worker\.ts$/
  const imported = new Set(productFiles.flatMap(importsOf))
  const testsOnly = new Set(['core/common/simulated-clock.ts', 'core/common/memory-disk.ts'])
  const alone = productFiles.filter(path => !imported.has(path) && !entries.has(path) && !testsOnly.has(path) && !workers.test(path) && !path.endsWith('.d.ts'))
  expect(complaints(path => (alone.includes(path) ? ['is imported by nobody'] : []), productFiles)).toEqual([])
})

test('styles take colours, sizes and layers from the tokens', () => {
  const wrong = complaints(function* (path) {
    if (path.endsWith('/tokens.css')) return
    const lines = readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' ')).split('\n')
    for (const [index, line] of lines.entries()) {
      const declared = line.includes(':') ? line.slice(line.indexOf(':')) : line
      if (/#[0-9a-f]{3,8}\b|\b(rgb|rgba|hsl|oklch|oklab|lab)\(/i.test(declared)) yield `line ${index + 1}: a colour literal`
      if (/\bz-index:\s*-?\d/.test(line)) yield `line ${index + 1}: a z-index literal`
      if (!/@(media|container)/.test(line) && /(?<![\w.-])(?!0(?![\d.])|1px|-1px)-?\d*\.?\d+(px|rem|em)\b/.test(declared)) yield `line ${index + 1}: a size literal`
    }
  }, styleFiles)
  expect(wrong).toEqual([])
})

test('the exceptions name files that exist', () => {
  expect(exceptions.filter(({ path }) => !existsSync(join(root, path)))).toEqual([])
})
