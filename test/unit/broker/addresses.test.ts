import { expect, test } from 'vitest'
import { loopbackListener, parseListener, printAddress } from '../../../core/broker/addresses.ts'

test('a plain host is bound and advertised as it is', () => {
  expect(parseListener('127.0.0.1:9093')).toEqual({ hosts: ['127.0.0.1'], port: 9093, advertisedHost: '127.0.0.1' })
  expect(parseListener('[::1]:0')).toEqual({ hosts: ['::1'], port: 0, advertisedHost: '::1' })
})

test('localhost means both loopback families', () => {
  expect(parseListener('localhost:9092')).toEqual({ hosts: ['127.0.0.1', '::1'], port: 9092, advertisedHost: 'localhost' })
  expect(loopbackListener(1).hosts).toEqual(['127.0.0.1', '::1'])
})

test('what comes after = is what clients are told', () => {
  expect(parseListener('0.0.0.0:9092=laptop.lan')).toEqual({ hosts: ['0.0.0.0'], port: 9092, advertisedHost: 'laptop.lan' })
  expect(parseListener('127.0.0.1:9092=proxy:19000')).toEqual({ hosts: ['127.0.0.1'], port: 9092, advertisedHost: 'proxy', advertisedPort: 19_000 })
})

test('a wildcard without an advertised host is refused with the line to use', () => {
  expect(parseListener('0.0.0.0:9092')).toEqual({ problem: expect.stringContaining('--listen 0.0.0.0:9092=HOSTNAME') })
  expect(parseListener(':9092')).toEqual({ problem: expect.stringContaining('=HOSTNAME') })
})

test.each(['9092', 'host', 'host:', 'host:99999', 'host:12x', '::1:9092', 'a:1=0.0.0.0', 'a:1='])('%s is refused with an example', text => {
  expect(parseListener(text)).toEqual({ problem: expect.stringContaining(`--listen ${text}`) })
})

test('an IPv6 address is printed in brackets', () => {
  expect(printAddress({ host: '::1', port: 1 })).toBe('[::1]:1')
  expect(printAddress({ host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1')
})
