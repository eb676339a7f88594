/** Each rule of the consistency checker sees a history that breaks it, and is content with its like that does not. */

import { expect, test } from 'vitest'
import { check } from '../../support/consistency/checker.ts'
import { type Operation, operationsIn, type Outcome, type Question } from '../../support/consistency/history.ts'

type Made = Question & { readonly outcome?: Outcome; readonly offset?: number; readonly next?: number; readonly position?: number; readonly records?: readonly (readonly [number, string])[]; readonly highWatermark?: number; readonly epoch?: number; readonly lines?: readonly string[] }

/** Operations one after the other, each asked at `10 * n` and answered 5 later unless it says when. */
function history(...made: readonly (Made & { readonly invoked?: number; readonly completed?: number })[]): Operation[] {
  return made.map((operation, at) => ({ id: String(at), client: 'c', invoked: at * 10, completed: at * 10 + 5, outcome: 'ok', ...operation })) as Operation[]
}

const send = (values: string, offset: number, more: object = {}): Made => ({ is: 'send', line: 'a-0', values: values.split(' '), producer: 'p', isIdempotent: true, offset, ...more }) as Made
const poll = (session: string, records: readonly (readonly [number, string])[], more: object = {}): Made =>
  ({ is: 'poll', line: 'a-0', session, isolation: 'uncommitted', records, position: records[0]?.[0] ?? 0, next: (records.at(-1)?.[0] ?? -1) + 1, ...more }) as Made
/** What both isolations show at the end. */
const final = (records: readonly (readonly [number, string])[], committed = records, line = 'a-0'): Made[] =>
  [poll('final', records, { isFinal: true, line }), poll('final committed', committed, { isFinal: true, isolation: 'committed', line })]
const end = (transaction: string, decision: 'commit' | 'abort', more: object = {}): Made => ({ is: 'end', transaction, decision, ...more }) as Made
const hold = (member: string, epoch: number, lines: string, more: object = {}): Made => ({ is: 'hold', group: 'g', member, stay: 1, epoch, lines: lines ? lines.split(' ') : [], ...more }) as Made
const commit = (offset: number, more: object = {}): Made => ({ is: 'commit', group: 'g', line: 'a-0', offset, ...more }) as Made
const look = (offset: number): Made => ({ is: 'committed', group: 'g', line: 'a-0', offset })

const rulesBroken = (operations: readonly Operation[]): string[] => [...new Set(check(operations, { exactlyOnce: [{ group: 'g', topic: 'in' }] }).map(({ rule }) => rule))]

const inTransaction = { transaction: 't' }
const sourced = (value: string, source: string, offset: number): Made => send(value, offset, { transaction: 't', sources: [source] })

const cases: readonly { readonly rule: string; readonly good: Operation[]; readonly bad: Operation[]; readonly also?: readonly string[] }[] = [
  { rule: 'lost write', good: history(send('x y', 0), send('z', 2), ...final([[0, 'x'], [1, 'y'], [2, 'z']])), bad: history(send('x y', 0), send('z', 2), ...final([[0, 'x'], [2, 'z']])) },
  {
    rule: 'lost write', // what somebody saw, and who sent it never learned of
    good: history(send('x', 0, { outcome: 'unknown' }), poll('s', [[0, 'x']]), send('y', 1), ...final([[0, 'x'], [1, 'y']])),
    bad: history(send('x', 0, { outcome: 'unknown' }), poll('s', [[0, 'x']]), send('y', 1), ...final([[1, 'y']])),
  },
  { rule: 'unseen', good: history(send('x y', 0), ...final([[0, 'x'], [1, 'y']])), bad: history(send('x y', 0), ...final([[0, 'x']])) },
  { rule: 'unseen', good: history(send('x', 0, inTransaction), end('t', 'commit'), ...final([[0, 'x']])), bad: history(send('x', 0, inTransaction), end('t', 'commit'), ...final([[0, 'x']], [])) },
  {
    rule: 'duplicate', also: ['from nowhere'],
    good: history(send('x', 0), send('y', 1), ...final([[0, 'x'], [1, 'y']])),
    bad: history(send('x', 0), ...final([[0, 'x'], [1, 'x']]), ...final([[0, 'x']], [[0, 'x']], 'a-1')),
  },
  { rule: 'duplicate', good: history(send('x', 0, { isIdempotent: false }), ...final([[0, 'x'], [1, 'x']])), bad: history(send('x', 0), ...final([[0, 'x'], [1, 'x']])) },
  {
    rule: 'inconsistent offset', also: ['lost write', 'unseen'],
    good: history(send('x', 0), send('y', 1), ...final([[0, 'x'], [1, 'y']])),
    bad: history(send('x', 0), send('y', 0, { producer: 'q' }), ...final([[0, 'x']])),
  },
  { rule: 'from nowhere', good: history(send('x', 0, { outcome: 'unknown' }), ...final([[0, 'x']])), bad: history(send('x', 0, { line: 'b-0', outcome: 'unknown' }), ...final([[0, 'x']])) },
  { rule: 'reordered send', good: history(send('x', 0), send('y', 1), ...final([[0, 'x'], [1, 'y']])), bad: history(send('x', 1), send('y', 0), ...final([[0, 'y'], [1, 'x']])) },
  {
    rule: 'nonmonotonic poll', // from one poll to the next
    good: history(send('x y', 0), poll('s', [[0, 'x']]), poll('s', [[1, 'y']]), poll('again', [[0, 'x']]), ...final([[0, 'x'], [1, 'y']])),
    bad: history(send('x y', 0), poll('s', [[1, 'y']]), poll('s', [[0, 'x']]), ...final([[0, 'x'], [1, 'y']])),
  },
  {
    rule: 'nonmonotonic poll', // within one
    good: history(send('x y', 0), poll('s', [[0, 'x'], [1, 'y']]), ...final([[0, 'x'], [1, 'y']])),
    bad: history(send('x y', 0), poll('s', [[1, 'y'], [0, 'x']], { next: 2 }), ...final([[0, 'x'], [1, 'y']])),
  },
  {
    rule: 'poll skip',
    good: history(send('x y z', 0, inTransaction), end('t', 'abort'), send('w', 4), poll('s', [[4, 'w']], { position: 0, isolation: 'committed' }), ...final([[0, 'x'], [1, 'y'], [2, 'z'], [4, 'w']], [[4, 'w']])),
    bad: history(send('x y z', 0), poll('s', [[0, 'x'], [2, 'z']]), ...final([[0, 'x'], [1, 'y'], [2, 'z']])),
  },
  {
    rule: 'stale high watermark',
    good: history(send('x', 0), poll('s', [], { highWatermark: 1 }), ...final([[0, 'x']])),
    bad: history(send('x', 0), poll('s', [], { highWatermark: 0 }), ...final([[0, 'x']])),
  },
  {
    rule: 'aborted read',
    good: history(send('x', 0, inTransaction), end('t', 'abort'), poll('s', [[0, 'x']]), ...final([[0, 'x']], [])),
    bad: history(send('x', 0, inTransaction), end('t', 'abort'), ...final([[0, 'x']])),
  },
  { rule: 'aborted read', good: history(send('x', 0, { outcome: 'unknown' }), ...final([[0, 'x']])), bad: history(send('x', 0, { outcome: 'fail' }), ...final([[0, 'x']])) },
  { rule: 'dirty read', good: history(send('x', 0, inTransaction), ...final([[0, 'x']], [])), bad: history(send('x', 0, inTransaction), ...final([[0, 'x']])) },
  {
    rule: 'precommitted read',
    good: history(send('x', 0, inTransaction), end('t', 'commit', { completed: 40 }), poll('s', [[0, 'x']], { isolation: 'committed' }), ...final([[0, 'x']])),
    bad: history(send('x', 0, inTransaction), poll('s', [[0, 'x']], { isolation: 'committed' }), end('t', 'commit'), ...final([[0, 'x']])),
  },
  {
    rule: 'half transaction',
    good: history(send('x', 0, inTransaction), send('y', 1, inTransaction), end('t', 'commit', { outcome: 'unknown' }), ...final([[0, 'x'], [1, 'y']], [])),
    bad: history(send('x', 0, inTransaction), send('y', 1, inTransaction), end('t', 'commit', { outcome: 'unknown' }), ...final([[0, 'x'], [1, 'y']], [[0, 'x']])),
  },
  {
    rule: 'exactly once', // not at all
    good: history(send('i', 0, { line: 'in-0' }), ...final([[0, 'i']], [[0, 'i']], 'in-0'), sourced('o', 'in-0@0', 0), commit(1, { line: 'in-0', transaction: 't' }), end('t', 'commit'), { ...look(1), line: 'in-0' } as Made, ...final([[0, 'o']])),
    bad: history(send('i', 0, { line: 'in-0' }), ...final([[0, 'i']], [[0, 'i']], 'in-0'), commit(1, { line: 'in-0', transaction: 't' }), end('t', 'commit'), { ...look(1), line: 'in-0' } as Made),
  },
  {
    rule: 'exactly once', // twice
    good: history(send('i', 0, { line: 'in-0' }), ...final([[0, 'i']], [[0, 'i']], 'in-0')),
    bad: history(
      send('i', 0, { line: 'in-0' }), ...final([[0, 'i']], [[0, 'i']], 'in-0'), sourced('o', 'in-0@0', 0), sourced('o2', 'in-0@0', 1), commit(1, { line: 'in-0', transaction: 't' }), end('t', 'commit'),
      { ...look(1), line: 'in-0' } as Made, ...final([[0, 'o'], [1, 'o2']]),
    ),
  },
  { rule: 'two owners', good: history(hold('m', 1, 'a-0'), hold('n', 2, 'a-0')), bad: history(hold('m', 1, 'a-0'), hold('n', 1, 'a-0')) },
  {
    rule: 'two owners', // in epochs of their own, at one time
    good: history(hold('m', 1, 'a-0'), hold('m', 1, 'a-0'), hold('n', 2, 'a-0'), hold('n', 2, 'a-0')),
    bad: history(hold('m', 1, 'a-0'), hold('n', 2, 'a-0'), hold('n', 2, 'a-0'), hold('m', 1, 'a-0')),
  },
  {
    rule: 'two owners', // a member that was out in between, in its old epoch again
    good: history(hold('m', 1, 'a-0'), hold('n', 2, 'a-0'), hold('n', 2, 'a-0'), hold('m', 1, 'a-0', { stay: 2 })),
    bad: history(hold('m', 1, 'a-0'), hold('n', 2, 'a-0'), hold('n', 2, 'a-0'), hold('m', 1, 'a-0')),
  },
  { rule: 'committed offset went back', good: history(commit(5), commit(7, { outcome: 'unknown' }), look(7)), bad: history(commit(5), commit(7), look(5)) },
  {
    rule: 'committed offset went back', // with a transaction, once it is committed
    good: history(commit(5), commit(7, inTransaction), look(5), end('t', 'commit'), look(7)),
    bad: history(commit(5), commit(7, inTransaction), end('t', 'commit'), look(5)),
  },
  { rule: 'committed from nowhere', good: history(commit(5, { outcome: 'unknown' }), look(5)), bad: history(commit(5, { outcome: 'fail' }), look(5)) },
  { rule: 'committed from nowhere', good: history(commit(5, inTransaction), end('t', 'commit', { outcome: 'unknown' }), look(5)), bad: history(commit(5, inTransaction), end('t', 'abort'), look(5)) },
]

test.for(cases.map((entry, at) => ({ ...entry, at })))('$at: a breach of "$rule" is seen', ({ rule, good, bad, also = [] }) => {
  expect(rulesBroken(good)).toEqual([])
  expect(rulesBroken(bad)).toContain(rule)
  expect(rulesBroken(bad).filter(found => found !== rule && !also.includes(found))).toEqual([])
})

test('a breach names the operations that show it', () => {
  const operations = history(send('x y', 0), send('z', 2), ...final([[0, 'x'], [2, 'z']]))
  expect(check(operations)[0]).toMatchObject({ rule: 'lost write', what: 'y was acknowledged at a-0@1; at the end read_uncommitted shows z at 2, and not this', operations: [{ id: '0' }, { id: '2' }] })
})

test('operations are read from the lines of their question and their answer; what was never answered is unknown', () => {
  const lines = [
    JSON.stringify({ id: 'c/1', client: 'c', invoked: 1, is: 'send', line: 'a-0', values: ['x'], producer: 'p', isIdempotent: true }),
    JSON.stringify({ id: 'c/2', client: 'c', invoked: 2, is: 'end', transaction: 't', decision: 'commit' }),
    JSON.stringify({ answers: 'c/1', completed: 3, outcome: 'ok', offset: 4 }),
    '{"answers":"c/2","compl',
  ]
  expect(operationsIn(lines)).toEqual([
    expect.objectContaining({ id: 'c/1', completed: 3, outcome: 'ok', offset: 4 }),
    expect.objectContaining({ id: 'c/2', completed: Infinity, outcome: 'unknown' }),
  ])
})
