/** The programs in a page of docs/: its fenced blocks, those with a file name written out as they stand. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type DocsBlocks = {
  /** By the file name behind the language: ```java src/Main.java */
  readonly files: ReadonlyMap<string, string>
  /** Blocks of a shell without a name, in their order. */
  readonly commands: readonly string[]
}

export function docsBlocks(page: string): DocsBlocks {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', page), 'utf8')
  const found = [...text.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, language = '', name, code = '']) => ({ language, name, code }))
  return {
    files: new Map(found.flatMap(({ name, code }) => (name === undefined ? [] : [[name, code] as const]))),
    commands: found.filter(({ language, name }) => language === 'sh' && name === undefined).map(({ code }) => code),
  }
}

/** Writes those whose name `matches` below a folder. */
export function writeBlocks({ files }: DocsBlocks, folder: string, matches: RegExp): void {
  for (const [name, code] of files) {
    if (!matches.test(name)) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), code)
  }
}
