/** Places as values: printed and parsed. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { destinationOf, hrefOf, linkOf, parsePlace, printPlace, titleOf, type Place } from '../../../renderer/places.ts'

const places: readonly Place[] = [
  { at: 'overview' },
  { at: 'connect' },
  { at: 'topics' },
  { at: 'topic', topic: 'orders', tab: 'partitions' },
  { at: 'topic', topic: 'orders', tab: 'messages', partition: 0, offset: '9007199254740993', from: 'offset-42' },
  { at: 'groups' },
  { at: 'group', group: 'team a/billing?#é', tab: 'members' },
  { at: 'transactions' },
  { at: 'transaction', transactionalId: 'orders/7 é?' },
  { at: 'brokers' },
  { at: 'produce' },
  { at: 'produce', topic: 'orders' },
  { at: 'settings' },
]

test('every place is printed to a path that parses to the same place', () => {
  for (const place of places) {
    expect(parsePlace(printPlace(place))).toEqual(place)
    expect(parsePlace(hrefOf(place))).toEqual(place)
    expect(parsePlace(linkOf(place))).toEqual(place)
  }
})

test('a group of any name survives its link', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), group => {
      const place: Place = { at: 'group', group, tab: 'lag' }
      expect(parsePlace(hrefOf(place))).toEqual(place)
    }),
  )
})

test('a topic link without a tab opens Messages', () => {
  expect(parsePlace('millrace://topic/orders?partition=0&offset=42')).toEqual({
    at: 'topic',
    topic: 'orders',
    tab: 'messages',
    partition: 0,
    offset: '42',
  })
})

test('what names no place is refused', () => {
  expect(['/nowhere', '/topic', '/topic/orders/nothing', '/groups/g/nothing', '/topics/more', '/transactions/a/b', '/brokers/1', '/topic/%E0%A4%A'].map(parsePlace)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ])
  expect(parsePlace('/topic/orders/messages?partition=-1&offset=x&from=sideways')).toEqual({
    at: 'topic',
    topic: 'orders',
    tab: 'messages',
  })
})

test('parts belong to the destination of the sidebar they came from', () => {
  expect(places.map(destinationOf)).toEqual([
    'overview',
    'connect',
    'topics',
    'topics',
    'topics',
    'groups',
    'groups',
    'transactions',
    'transactions',
    'brokers',
    'produce',
    'produce',
    'settings',
  ])
  expect(titleOf({ at: 'group', group: 'billing', tab: 'lag' })).toBe('billing')
})
