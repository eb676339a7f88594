/** The same record as a command that runs as it stands. Pure. */

import { bytesOf, type Draft, type HeaderDraft } from './produce-state.ts'

/** Between records of the input, where a value has line ends of its own. */
const RECORD_SEPARATOR = 0x1e

/** A pipe into kcat; what kcat cannot do is said in a comment before it. */
export function kcatCommand(draft: Draft, address: string): string {
  const { topic, partition, time, key, value, headers } = draft
  const keyBytes = bytesOf(key)
  const valueBytes = bytesOf(value)
  const options = [
    `-b ${address} -t ${quote(topic === '' ? 'orders' : topic)} -P`,
    partition === null ? '' : `-p ${partition}`,
    // Without it librdkafka would hash the key to another partition than Kafka's default does.
    partition === null && keyBytes !== null ? '-X partitioner=murmur2_random' : '',
    keyBytes === null ? '' : `-k ${key.mode === 'text' ? quote(key.text) : `"$(${printf(keyBytes)})"`}`,
    ...headers.map(header => `-H ${quote(headerOf(header))}`),
    valueBytes === null ? '-Z' : '',
    valueBytes?.includes(0x0a) ? String.raw`-D '\x1e'` : '',
  ]
  const input = valueBytes === null ? 'echo' : value.mode === 'hex' ? printf(valueBytes) : `printf %s ${quote(value.text)}`
  return `${notes(time, valueBytes)}${input} | kcat ${options.filter(Boolean).join(' ')}`
}

function notes(time: Draft['time'], value: Uint8Array | null): string {
  const lines = [
    time === null ? '' : '# kcat cannot set the time: the record gets the time it is sent',
    value?.includes(RECORD_SEPARATOR) && value.includes(0x0a) ? '# the value has both line ends and 0x1e: kcat would cut it' : '',
  ]
  return lines.filter(Boolean).map(line => `${line}\n`).join('')
}

/** Without `=` kcat sends a header of null. */
function headerOf({ name, text, isNull }: HeaderDraft): string {
  return isNull ? name : `${name}=${text}`
}

/** One word for a POSIX shell. */
function quote(text: string): string {
  return /^[\w.,:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Octal escapes: every printf has them, `\x` not. */
function printf(bytes: Uint8Array): string {
  return `printf '${Array.from(bytes, byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`
}
