/** `millrace serve --containers [HOST[:PORT]]`: with or without its value, and what is refused. */

import { expect, test } from 'vitest'
import { parseCommand } from '../../../core/headless/arguments.ts'

const serve = (...args: string[]) => parseCommand(['serve', ...args])

test('not reachable from containers unless asked; alone, before another option or with an address', () => {
  expect(serve()).toMatchObject({ is: 'serve', options: { containers: undefined } })
  const usual = { is: 'serve', options: { containers: { host: 'host.docker.internal', port: null } } }
  expect(serve('--containers')).toMatchObject(usual)
  expect(serve('--containers', '--brokers', '3')).toMatchObject({ ...usual, options: { ...usual.options, brokerCount: 3 } })
  expect(serve('--containers', 'box.test:29100')).toMatchObject({ is: 'serve', options: { containers: { host: 'box.test', port: 29_100 } } })
  expect(serve('--containers=:29100')).toMatchObject({ is: 'serve', options: { containers: { host: 'host.docker.internal', port: 29_100 } } })
})

test('an address that means the container itself, or none at all, is refused with the way on', () => {
  expect(serve('--containers', 'localhost')).toEqual({
    is: 'wrong', problem: '--containers localhost: in a container that is the container itself; give the name or address by which it knows this machine',
  })
  expect(serve('--containers', '0.0.0.0')).toMatchObject({ is: 'wrong', problem: expect.stringContaining('wildcard') })
  expect(serve('--containers', 'a:b')).toMatchObject({ is: 'wrong', problem: expect.stringContaining('expected HOST or HOST:PORT') })
})
