/** docs/clients.md says what the committed results say, and those are of every client of the matrix, as pinned, in every step. */

import { expect, test } from 'vitest'
import { clientsTable, columnSteps, isCurrent, type ClientResult } from '../../../build/clients-table.ts'
import { committedResults, MATRIX_STEPS, matrixResult } from '../../support/clients-matrix.ts'
import { matrixClients } from '../../support/clients-matrix-list.ts'

test('the committed table is current: run node build/clients-table.ts', () => {
  expect(isCurrent()).toBe(true)
})

test('every client of the matrix has its row, of the version that is pinned', () => {
  const pinned = matrixClients.map(({ name, version }) => `${name} ${version}`)
  expect(committedResults().map(({ client, version }) => `${client} ${version}`).toSorted()).toEqual(pinned.toSorted())
})

test('every client was taken through every step, and failed only where the fault is known to be its own', () => {
  for (const { client, steps } of committedResults()) {
    const failed = Object.entries(steps).filter(([, { result }]) => result === 'failed').map(([step]) => step)
    const known = Object.keys(matrixClients.find(({ name }) => name === client)?.failsWithKafkaToo ?? {})
    expect({ client, steps: Object.keys(steps), failed: failed.toSorted() }).toEqual({ client, steps: MATRIX_STEPS, failed: known.toSorted() })
  }
})

test('the table has a column for every step', () => {
  expect(columnSteps).toEqual(MATRIX_STEPS)
})

test('a row says what passed, what a library lacks and what failed, with the reasons below', () => {
  const said = [{ client: 'some', version: '1.2', language: 'Go' }, ...MATRIX_STEPS.map(step => ({ step, result: 'passed' as string, detail: '' }))]
  const other = said.map(line => ('step' in line && line.step === 'admin alter' ? { ...line, result: 'failed', detail: 'a reason' } : line))
    .map(line => ('step' in line && line.step === 'zombie fenced' ? { ...line, result: 'absent', detail: 'no transactions' } : line))
  const results = [said, other].map(lines => matrixResult(lines.map(line => JSON.stringify(line)).join('\n'))) as ClientResult[] // every step was said
  const lines = clientsTable(results).split('\n')
  expect(lines).toContain('| some | 1.2 | Go | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |')
  expect(lines).toContain('| some | 1.2 | Go | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓✓✗✓ | ✓ | ✓ | – |')
  expect(lines).toContain('- some, admin alter: a reason')
  expect(lines).toContain('- some, zombie fenced: no transactions')
})

test('what is no line of the protocol is refused', () => {
  expect(() => matrixResult('{"step":"dance","result":"passed"}')).toThrow('no step of the matrix')
  expect(() => matrixResult('{"step":"zombie fenced","result":"maybe"}')).toThrow('no result of a step')
  expect(() => matrixResult('it crashed')).toThrow('it crashed')
})
