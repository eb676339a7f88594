/** The programs First run offers. */

import { expect, test } from 'vitest'
import { colourCode, snippetsFor } from '../../../../../renderer/features/overview/snippets.ts'

const snippets = snippetsFor('127.0.0.1:19092')

test('every program carries the real address', () => {
  expect(snippets.map(({ id }) => id)).toEqual(['kcat', 'java', 'node', 'python', 'go', 'properties'])
  for (const { code } of snippets) expect(code).toContain('127.0.0.1:19092')
})

test('colours change nothing of the code', () => {
  for (const snippet of snippets)
    expect(
      colourCode(snippet)
        .map(({ text }) => text)
        .join(''),
    ).toBe(snippet.code)
})

test('comments, strings and keywords are told apart', () => {
  const parts = colourCode({ code: "const a = 'x // y' // note\n", language: 'js' })
  expect(parts.filter(({ is }) => is !== 'plain')).toEqual([
    { is: 'keyword', text: 'const' },
    { is: 'string', text: "'x // y'" },
    { is: 'comment', text: '// note' },
  ])
})
