/**
 * Every byte of a small log directory flipped in turn, and every file cut at every length; then started after a clean stop, after a kill,
 * and after another boot. Never a crash, a hang, or an illegal batch; what cannot be served is said; and the log goes on. What a flip can
 * do beyond that stands here by file and field, and in docs/formats.md.
 */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBuffers } from '../../core/log/read-buffers.ts'
import {
  abortsOf, buildOriginal, cutShort, type Fate, fieldOf, type Files, flipped, insistOnAppend, type Opened, openFiles, type Original, readEverything, type Start, timesOf,
} from './damaged-partition.ts'

const MINUTE = 60_000
const starts: readonly Start[] = ['clean', 'killed', 'power-loss']
let original: Original
/** What an undamaged start gives. */
const lookups = new Map<Start, { readonly times: string; readonly aborts: string }>()

beforeAll(async () => {
  original = await buildOriginal()
  for (const start of starts) {
    const opened = await openFiles(filesFor(start), start)
    const fates = await readEverything(opened, original)
    expect([...new Set(fates.values())]).toEqual(['same'])
    lookups.set(start, await lookupsOf(opened))
    await opened.logs.close()
  }
})

afterAll(() => expect(readBuffers.bytesInUse).toBe(0))

function filesFor(start: Start): Files {
  return start === 'clean' ? original.clean : original.killed
}

async function lookupsOf({ log }: Opened): Promise<{ times: string; aborts: string }> {
  return { times: String(await timesOf(log, original.timestamps)), aborts: abortsOf(log) }
}

/**
 * What became of a damaged folder, in words: the fates of the offsets that are not as they were, and 'times' or 'aborts' where only look-ups
 * differ. 'UNTOLD' is a loss that no log line names; 'SPREAD' damage beyond the batch that was hit.
 */
async function effectsOf(files: Files, start: Start, hit?: { readonly base: number; readonly last: number }): Promise<string> {
  let opened: Opened
  try {
    opened = await openFiles(files, start)
  } catch (failure) {
    if (failure instanceof Error && failure.name === 'LogDirectoryError') return 'refused'
    throw failure
  }
  const fates = await readEverything(opened, original)
  const effects = new Set<string>([...fates.values()].filter(fate => fate !== 'same'))
  const isSpread = (fate: Fate, offset: number): boolean => fate === 'corrupt' && hit !== undefined && (offset < hit.base || offset > hit.last)
  if ([...fates].some(([offset, fate]) => isSpread(fate, offset))) effects.add('SPREAD')
  if ((effects.has('corrupt') || effects.has('gone')) && !effects.has('for the client') && opened.told.lines.length === 0) effects.add('UNTOLD')
  if (effects.size === 0) {
    const { times, aborts } = await lookupsOf(opened)
    if (times !== lookups.get(start)?.times) effects.add('times')
    if (aborts !== lookups.get(start)?.aborts) effects.add('aborts')
  }
  await insistOnAppend(opened)
  return [...effects].sort().join(' + ') || 'none'
}

class Tally {
  readonly #effects = new Map<string, Set<string>>()

  async count(where: string, field: string, effects: Promise<string>): Promise<void> {
    try {
      const found = this.#effects.get(field) ?? new Set()
      this.#effects.set(field, found.add(await effects))
    } catch (cause) {
      throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  get rows(): Record<string, string[]> {
    return Object.fromEntries([...this.#effects].map(([field, effects]) => [field, [...effects].sort()] as const).sort())
  }
}

async function flipAll(start: Start, patternsAt: (at: number) => readonly number[]): Promise<Tally> {
  const files = filesFor(start)
  const tally = new Tally()
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at++) {
      const hit = original.batches.find(({ file, position, bytes: batch }) => file === path && at >= position && at < position + batch.length)
      for (const pattern of patternsAt(at)) {
        const where = `${path}, byte ${at}, flipped by ${pattern}, ${start}`
        await tally.count(where, fieldOf(path, at, original.batches), effectsOf(flipped(files, path, at, pattern), start, start === 'clean' ? hit : undefined))
      }
    }
  }
  return tally
}

async function cutAll(start: Start): Promise<Tally> {
  const files = filesFor(start)
  const tally = new Tally()
  for (const [path, bytes] of files) {
    const file = fieldOf(path, 0, original.batches).split(' ')[0] ?? ''
    for (let size = 0; size < bytes.length; size++) await tally.count(`${path} cut to ${size}, ${start}`, file, effectsOf(cutShort(files, path, size), start))
  }
  return tally
}

type Allowed = Readonly<Record<string, readonly string[]>>

/** Rows of what was found and is not allowed: none. */
function beyond(tally: Tally, allowed: Allowed): Record<string, string[]> {
  const rows = Object.entries(tally.rows).map(([field, effects]) => [field, effects.filter(effect => effect !== 'none' && !allowed[field]?.includes(effect))] as const)
  return Object.fromEntries(rows.filter(([, effects]) => effects.length > 0))
}

/** In every file but the .log, and after any start: a start that is refused, times and aborts that nobody can verify, epochs that batches contradict. */
const besideTheLog: Allowed = {
  '.kafka_cleanshutdown': ['times'],
  '.timeindex offset': ['times'],
  '.timeindex timestamp': ['times'],
  '.txnindex first offset': ['aborts'],
  '.txnindex last offset': ['aborts'],
  '.txnindex last stable offset': ['aborts'],
  '.txnindex producer id': ['aborts'],
  'leader-epoch-checkpoint': ['corrupt'],
  'log-start-offset-checkpoint': ['times', 'gone'],
  'meta.properties': ['refused'],
  'partition.metadata': ['refused'],
}
/** After a clean stop nothing is verified: the batch that was hit answers CORRUPT_MESSAGE, or its reader finds out by the checksum. */
const untouched: Allowed = {
  ...besideTheLog,
  '.log base offset': ['corrupt', 'gone'],
  '.log length': ['corrupt'],
  '.log leader epoch': ['corrupt'],
  '.log magic': ['corrupt', 'gone'],
  '.log CRC': ['for the client'],
  '.log under the CRC': ['corrupt', 'for the client', 'for the client + gone', 'gone'],
}
/** What is verified at the start is cut at the first bad byte; only the base offset of the log's last batch has nothing to be compared with. */
const verified: Allowed = {
  ...untouched,
  '.log base offset': ['corrupt', 'gone', 'UNTOLD + gone', 'CHANGED + gone'],
  '.log length': ['corrupt', 'gone'],
  '.log CRC': ['for the client', 'gone'],
}
/** A file that ends between two batches looks whole. */
const cut: Allowed = {
  '.log': ['corrupt', 'gone', 'UNTOLD + gone'],
  '.timeindex': ['times'],
  '.txnindex': ['aborts'],
  'leader-epoch-checkpoint': ['corrupt'],
  'log-start-offset-checkpoint': ['times'],
  'meta.properties': ['refused'],
}

const oneOf = (at: number): readonly number[] => [[0x01, 0x80, 0xff, 0x10][at % 4] ?? 1]

test('a flipped bit after a clean stop costs the batch that was hit, or is passed on to the client, and is said', async () => {
  expect(beyond(await flipAll('clean', () => [0x01, 0x80, 0xff]), untouched)).toEqual({})
}, 3 * MINUTE)

test.each(['killed', 'power-loss'] as const)('a flipped bit after %s costs no more than what comes after it in the part that is verified', async start => {
  expect(beyond(await flipAll(start, oneOf), verified)).toEqual({})
}, 3 * MINUTE)

test.each(starts)('a file cut at any length after %s: the log ends earlier or says what cannot be read', async start => {
  expect(beyond(await cutAll(start), start === 'clean' ? { ...cut, '.log': ['gone'] } : cut)).toEqual({})
}, 3 * MINUTE)
