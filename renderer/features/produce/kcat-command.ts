/** The same record as a command that runs as it stands. Pure. */

import { bytesOf, type Draft, type HeaderDraft } from './produce-state.ts'

/** Between records of the input, where a value has line ends of its own. */
const RECORD_SEPARATOR = 0x1e
/** Between key and value, where the key comes with the input. */
const KEY_SEPARATOR = 0x1f

/** A pipe into kcat; what kcat cannot do is said in a comment before it. */
export function kcatCommand(draft: Draft, address: string): string {
  const { topic, partition, headers } = draft
  const [key, value] = [bytesOf(draft.key), bytesOf(draft.value)]
  // kcat skips an empty line, but not one that has a key; and no argument of a command can hold every byte.
  const isKeyed = value === null || value.length === 0 || (key !== null && draft.key.mode === 'hex')
  const options = [
    `kcat -b ${address} -t ${quote(topic === '' ? 'orders' : topic)} -P`,
    partition === null ? '' : `-p ${partition}`,
    // Without it librdkafka would hash the key to another partition than Kafka's default does.
    partition === null && key !== null ? '-X partitioner=murmur2_random' : '',
    key === null || isKeyed ? '' : `-k ${quote(draft.key.text)}`,
    ...headers.map(header => `-H ${quote(headerOf(header))}`),
    isKeyed ? String.raw`-K '\x1f'` : '',
    value === null ? '-Z' : '',
    value?.includes(0x0a) || (isKeyed && key?.includes(0x0a)) ? String.raw`-D '\x1e'` : '',
  ]
  const input = isKeyed
    ? printf([...(key ?? []), KEY_SEPARATOR, ...(value ?? [])])
    : draft.value.mode === 'hex' ? printf(value) : `printf %s ${quote(draft.value.text)}`
  return `${limits(draft, key, value)}${input} |\n  ${options.filter(Boolean).join(' \\\n  ')}`
}

function limits({ time }: Draft, key: Uint8Array | null, value: Uint8Array | null): string {
  const hasLines = Boolean(value?.includes(0x0a) || key?.includes(0x0a))
  const hasSeparator = Boolean(value?.includes(RECORD_SEPARATOR) || key?.includes(RECORD_SEPARATOR))
  const said = [
    time === null ? '' : 'kcat cannot set a time',
    hasLines && hasSeparator ? 'there are both line ends and 0x1e: kcat would cut the record' : '',
    key?.includes(KEY_SEPARATOR) ? 'the key has a 0x1f: kcat would cut it where it comes with the input' : '',
    value === null && key?.length === 0 ? 'kcat cannot send an empty key with a null value: the key becomes null' : '',
    value?.length === 0 && key === null ? 'kcat cannot send a null key with an empty value: the key becomes empty' : '',
  ]
  return said.filter(Boolean).map(line => `# ${line}\n`).join('')
}

/** Without `=` kcat sends a header of null. */
function headerOf({ name, text, isNull }: HeaderDraft): string {
  return isNull ? name : `${name}=${text}`
}

/** One word for a POSIX shell. */
function quote(text: string): string {
  return /^[\w.,:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** What is plain in ASCII as it is, the rest as octal escapes: every printf has them, `\x` not. A dash first would be an option. */
function printf(bytes: Iterable<number>): string {
  const escaped = Array.from(bytes, byte => {
    const character = String.fromCharCode(byte)
    return /[\w .,:/@{}[\]"=-]/.test(character) ? character : character === '%' ? '%%' : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `printf '${escaped.join('').replace(/^-/, String.raw`\055`)}'`
}
