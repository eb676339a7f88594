/** Bytes as a test writes them: hex in groups, a quoted word for its letters, `#` before a comment. */
export function hex(text: string): Buffer {
  const parts = text.split('\n').flatMap(row => (row.split('#')[0] ?? '').match(/'[^']*'|[0-9a-f]+/g) ?? [])
  return Buffer.concat(parts.map(part => (part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))))
}
