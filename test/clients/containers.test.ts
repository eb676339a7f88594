/** "Reachable from containers" with clients in a network of their own, who know this machine as host.docker.internal, as in Docker. */

import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { run } from '../support/clients-process.ts'
import { targetIsKafka } from '../support/clients-target.ts'
import { skipped } from '../support/clients-tools.ts'
import { NetworkNamespace, testWithNamespaces } from '../support/network-namespace.ts'

const it = targetIsKafka ? skipped : testWithNamespaces()
const HOST = 'host.docker.internal'
let container: NetworkNamespace
let broker: MillraceProcess | undefined
beforeAll(async () => {
  if (it !== skipped) container = await NetworkNamespace.create(HOST)
})
afterEach(async () => {
  await broker?.dispose()
  broker = undefined
})
afterAll(() => {
  if (it !== skipped) container.dispose()
})

/** The port that the ready line names for containers. */
async function serve(...args: string[]): Promise<{ readonly local: string; readonly port: number; readonly line: string }> {
  broker = await MillraceProcess.start({ args })
  const line = broker.process.stdout.find(text => text.includes(' listens on ')) ?? ''
  const port = Number(new RegExp(`(?:${HOST}|${container.address}):(\\d+)`).exec(line)?.[1])
  return { local: broker.address, port, line }
}

const lines = (ran: { stdout: Buffer }): string[] => ran.stdout.toString().split('\n').filter(Boolean)

it('a client in another network produces and consumes by host.docker.internal, and does not reach the loopback listener', async () => {
  const { local, port } = await serve('--containers')
  const at = `${HOST}:${port}`
  await container.run('kcat', ['-P', '-b', at, '-t', 'orders', '-X', 'acks=all'], { input: 'from a container\n' })
  await run('kcat', ['-P', '-b', local, '-t', 'orders'], { input: 'from this machine\n' })
  const read = ['-C', '-t', 'orders', '-o', 'beginning', '-e', '-q']
  expect(lines(await container.run('kcat', ['-b', at, ...read])).sort()).toEqual(['from a container', 'from this machine'])
  expect(lines(await run('kcat', ['-b', local, ...read])).sort()).toEqual(['from a container', 'from this machine'])
  expect((await container.run('kcat', ['-b', at, '-L'])).stdout.toString()).toContain(`broker 1 at ${at} (controller)`)
  expect((await run('kcat', ['-b', local, '-L'])).stdout.toString()).toContain(`broker 1 at ${local} (controller)`)
  expect([await container.reach(HOST, port), await container.reach(HOST, broker?.port ?? 0)]).toEqual(['open', 'ECONNREFUSED'])
  expect(broker?.process.stdout.join('\n')).toMatch(new RegExp(`whoever reaches .*${container.address}.* can connect, without authentication`))
})

it('three brokers have a port each: a group in another network reads what they lead', async () => {
  const { port } = await serve('--containers', '--brokers', '3', '--topics', 'orders:3')
  const at = `${HOST}:${port}`
  const listed = (await container.run('kcat', ['-b', at, '-L'])).stdout.toString()
  for (const id of [1, 2, 3]) expect(listed).toContain(`broker ${id} at ${HOST}:${port + id - 1}`)
  for (const partition of [0, 1, 2]) await container.run('kcat', ['-P', '-b', at, '-t', 'orders', '-p', String(partition)], { input: `of ${partition}\n` })
  const read = await container.run('kcat', ['-b', at, '-G', 'readers', '-X', 'auto.offset.reset=earliest', '-e', '-q', 'orders'])
  expect(lines(read).sort()).toEqual(['of 0', 'of 1', 'of 2'])
})

it('an address of this machine is the only one that is opened', async () => {
  const { port } = await serve('--containers', container.address)
  expect((await container.run('kcat', ['-b', `${container.address}:${port}`, '-L'])).stdout.toString()).toContain(`broker 1 at ${container.address}:${port}`)
  expect(await container.reach(HOST, port)).toBe('open')
  await expect(run('kcat', ['-b', `127.0.0.1:${port}`, '-L', '-m', '2'])).rejects.toThrow()
})

it('without the switch nobody in another network connects', async () => {
  await serve()
  expect(await container.reach(HOST, broker?.port ?? 0)).toBe('ECONNREFUSED')
})
