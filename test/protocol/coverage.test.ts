/** docs/protocol-coverage.md says what the code does, and what we advertise is what Kafka 4.3 does. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { advertised, apiFileName, isCurrent, kafka43, shownIn } from '../../build/protocol-coverage.ts'
import { handlers } from '../../core/broker/handlers/index.ts'

const apis = handlers.map(({ api }) => api)

test('the committed coverage is current: run node build/protocol-coverage.ts', () => {
  expect(isCurrent()).toBe(true)
})

test('each API advertises the versions of Kafka 4.3, under its name', () => {
  const ours = apis.map(api => [api.key, api.name, advertised(api)])
  const keys = new Set(apis.map(api => api.key))
  expect(ours).toEqual(kafka43.filter(([key]) => keys.has(key)))
})

test('each API stands in the file that its key and name say', () => {
  const folder = fileURLToPath(new URL('../../core/protocol/apis/', import.meta.url))
  expect(apis.map(apiFileName).filter(file => !existsSync(folder + file))).toEqual([])
})

test('each API has a test that names it', () => {
  const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')
  const named = new Set(shownIn.flatMap(([file, keys]) => {
    const text = textOf(file)
    return apis.filter(({ key, name }) => keys.includes(key) && new RegExp(`\\b${name}\\b`, 'i').test(text)).map(({ name }) => name)
  }))
  expect(apis.map(({ name }) => name).filter(name => !named.has(name))).toEqual([])
})
