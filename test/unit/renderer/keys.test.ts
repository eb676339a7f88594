/** Keys as written in commands. */

import { expect, test } from 'vitest'
import { chordOf, isSingleKey, printKeys, type KeyPress } from '../../../renderer/keys.ts'

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

test('mod is the command key on a Mac and control elsewhere', () => {
  expect([chordOf(press('k', { metaKey: true }), true), chordOf(press('k', { ctrlKey: true }), false)]).toEqual(['mod+k', 'mod+k'])
  expect([chordOf(press('k', { ctrlKey: true }), true), chordOf(press('k', { metaKey: true }), false)]).toEqual(['ctrl+k', 'meta+k'])
})

test('shift counts for letters and named keys, not where it makes another character', () => {
  expect([
    chordOf(press('?', { shiftKey: true }), false),
    chordOf(press('N', { shiftKey: true }), false),
    chordOf(press('F6', { shiftKey: true }), false),
  ]).toEqual(['?', 'shift+n', 'shift+f6'])
})

test('what types a character is a single key, space too', () => {
  expect(['j', 'shift+n', '?', 'space', 'g t'].map(isSingleKey)).toEqual([true, true, true, true, true])
  expect(['mod+k', 'f6', 'delete', 'shift+f6'].map(isSingleKey)).toEqual([false, false, false, false])
})

test('a modifier alone is no chord', () => {
  expect(['Shift', 'Control', 'Alt', 'Meta', 'Dead'].map(key => chordOf(press(key), false))).toEqual(['', '', '', '', ''])
})

test('keys are shown as the machine writes them', () => {
  expect(['mod+k', 'mod+shift+i', 'g t', '?', 'mod+enter', 'shift+f6'].map(keys => printKeys(keys, true))).toEqual([
    '⌘K',
    '⇧⌘I',
    'g t',
    '?',
    '⌘⏎',
    '⇧F6',
  ])
  expect(['mod+k', 'mod+shift+i', 'g t', 'space'].map(keys => printKeys(keys, false))).toEqual(['Ctrl K', 'Ctrl Shift I', 'g t', 'Space'])
})

test('keys that type a character are single keys', () => {
  expect(['g t', '/', 'shift+n', 'mod+k', 'enter'].map(isSingleKey)).toEqual([true, true, true, false, false])
})
