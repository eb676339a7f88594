/** The switch "reachable from containers" through the studio: what it shows, and refusals in words. */

import { expect, test } from 'vitest'
import { collect, openStudio } from './open-studio.ts'

test('switched on, the listener and who can connect by it are shown; switched off, it is gone', async () => {
  const { client, broker } = await openStudio()
  const access = collect(client.local.containers, {})
  expect(await access.until(items => items[0])).toMatchObject({ isOn: false, host: 'host.docker.internal', port: null, addresses: [], problem: null })
  await client.local.setContainers({ isOn: true, host: 'box.test', port: null })
  const on = await access.until(items => items.find(item => item.isOn))
  expect(on.addresses).toEqual([`box.test:${on.port}`])
  expect(broker.addresses).toContain(`box.test:${on.port}`)
  expect(on.ownAddresses.map(({ address }) => address)).not.toContain('127.0.0.1')
  await client.local.setContainers({ isOn: false, host: 'box.test', port: on.port })
  expect((await access.until(items => items.find((item, at) => at > 0 && !item.isOn))).addresses).toEqual([])
})

test('a port that is taken, an address of another machine and nonsense are refused, and nothing changes', async () => {
  const { client, broker, port } = await openStudio()
  const refused = (host: string, at: number | null) => expect(client.local.setContainers({ isOn: true, host, port: at })).rejects
  await refused('box.test', port).toMatchObject({ code: 'UNAVAILABLE', message: `Port ${port} is one that Local listens on already: choose another port.` })
  await refused('192.0.2.77', null).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('this machine has no such address') })
  await refused('localhost', null).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('the container itself') })
  await refused('box.test', 70_000).toMatchObject({ code: 'INVALID_INPUT' })
  expect(broker.addresses).toHaveLength(1)
})
