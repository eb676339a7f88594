/** Keys as commands write them: chords `mod+k`, `shift+f6`, sequences `g t`. `mod` is ⌘ on a Mac, Ctrl elsewhere. Pure. */

export type KeyPress = Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey' | 'shiftKey'>

/**
 * The chord of a key press, as commands write it; empty for a modifier alone. Shift counts only where it does not make another
 * character.
 */
export function chordOf(event: KeyPress, isMac: boolean): string {
  const { key } = event
  if (['Meta', 'Control', 'Alt', 'Shift', 'AltGraph', 'Dead', 'Process'].includes(key)) return ''
  const isCharacter = key.length === 1
  const isLetter = isCharacter && key.toLowerCase() !== key.toUpperCase()
  const parts = [
    (isMac ? event.metaKey : event.ctrlKey) ? 'mod' : '',
    isMac && event.ctrlKey ? 'ctrl' : '',
    !isMac && event.metaKey ? 'meta' : '',
    event.altKey ? 'alt' : '',
    event.shiftKey && (!isCharacter || isLetter) ? 'shift' : '',
    key === ' ' ? 'space' : key.toLowerCase(),
  ]
  return parts.filter(Boolean).join('+')
}

/** A chord without a modifier that types a character: it must not act while text is typed, and can be turned off. */
export function isSingleKey(keys: string): boolean {
  return keys.split(' ').every(chord => /^(shift\+)?(.|space)$/s.test(chord))
}

const names: Readonly<Record<string, string>> = {
  enter: '⏎',
  escape: 'Esc',
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  space: 'Space',
  backspace: '⌫',
  delete: 'Del',
  tab: 'Tab',
}

/** `mod+shift+i` as people read it: `⇧⌘I` on a Mac, `Ctrl Shift I` elsewhere; `g t` stays `g t`. */
export function printKeys(keys: string, isMac: boolean): string {
  return keys
    .split(' ')
    .map(chord => printChord(chord, isMac))
    .join(' ')
}

function printChord(chord: string, isMac: boolean): string {
  const parts = chord === '+' ? ['+'] : chord.split('+')
  const key = parts.at(-1) ?? ''
  const modifiers = parts.slice(0, -1)
  if (modifiers.length === 0 && key.length === 1) return key
  const last = names[key] ?? (key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1))
  const marks = {
    mod: isMac ? '⌘' : 'Ctrl',
    ctrl: isMac ? '⌃' : 'Ctrl',
    alt: isMac ? '⌥' : 'Alt',
    shift: isMac ? '⇧' : 'Shift',
    meta: 'Meta',
  }
  const order: readonly (keyof typeof marks)[] = isMac ? ['ctrl', 'alt', 'shift', 'mod', 'meta'] : ['mod', 'ctrl', 'alt', 'shift', 'meta']
  return [...order.filter(name => modifiers.includes(name)).map(name => marks[name]), last].join(isMac ? '' : ' ')
}
