/** `millrace serve --brokers N --racks a,b`: what is taken, and what is refused with a sentence. */

import { expect, test } from 'vitest'
import { parseCommand } from '../../../core/headless/arguments.ts'

const serve = (...args: string[]) => parseCommand(['serve', ...args])

test('one broker without racks unless told, else as many as asked for', () => {
  expect(serve()).toMatchObject({ is: 'serve', options: { brokerCount: 1, racks: [] } })
  expect(serve('--brokers', '3', '--racks', 'a, b,')).toMatchObject({ is: 'serve', options: { brokerCount: 3, racks: ['a', 'b'] } })
})

test.each([
  [['--brokers', '0'], '--brokers 0: expected a number from 1 to 9'],
  [['--brokers', '10'], '--brokers 10: expected a number from 1 to 9'],
  [['--brokers', 'many'], '--brokers many: expected a number from 1 to 9'],
  [['--brokers', '3', '--listen', '127.0.0.1:9092', '--listen', '[::1]:9094'], '--listen ports must be at least 3 apart for 3 brokers: each broker takes the next port'],
  [['--brokers', '3', '--listen', '127.0.0.1:65534'], '--listen: 3 brokers need the ports 65534 to 65536, and 65535 is the last there is'],
  [['--racks', ','], '--racks ,: expected names, as in --racks a,b,c'],
  [['--racks', 'a,,b'], '--racks a,,b: expected names, as in --racks a,b,c'],
  [['--config', 'log.retention.ms'], '--config log.retention.ms: expected NAME=VALUE, as in log.retention.ms=3600000'],
  [['--topics', 'orders:x'], '--topics orders:x: expected names and partitions, as in --topics orders:3,payments:1'],
  [['--http', '0.0.0.0:8080'], '--http 0.0.0.0:8080: expected an address of this machine only, as in --http 127.0.0.1:8080'],
  [['--listen', '127.0.0.1:9092', '--http', '127.0.0.1:9092'], '--http 127.0.0.1:9092: the broker has that port: choose another'],
  [['--brokers', '3', '--listen', '127.0.0.1:9092', '--http', '127.0.0.1:9094'], '--http 127.0.0.1:9094: the 3 brokers have the ports 9092 to 9094: choose another'],
])('%j is refused', (args, problem) => {
  expect(serve(...args)).toEqual({ is: 'wrong', problem })
})

test('listeners may share a port on other addresses with one broker, and lie as far apart as there are brokers with more', () => {
  expect(serve('--listen', '127.0.0.1:9092', '--listen', '[::1]:9092')).toMatchObject({ is: 'serve' })
  expect(serve('--brokers', '3', '--listen', '127.0.0.1:9092', '--listen', '0.0.0.0:9095=host:9192')).toMatchObject({ is: 'serve' })
  expect(serve('--brokers', '3', '--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0')).toMatchObject({ is: 'serve' })
})
