/** Addresses: what a listener binds, and what it tells its clients. */

import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { findCoordinator, metadata } from '../../core/protocol/apis/index.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { answersApiVersions, ask, RawConnection } from '../support/clients-frames.ts'
import { run } from '../support/clients-process.ts'
import { targetIsKafka } from '../support/clients-target.ts'
import { testWith } from '../support/clients-tools.ts'
import { freePorts } from '../support/kafka-peer.ts'

const it = test.skipIf(targetIsKafka)
const withKcat = targetIsKafka ? test.skip : testWith('kcat')
const started: MillraceProcess[] = []
afterEach(async () => {
  for (const broker of started.splice(0)) await broker.dispose()
})

async function serve(...listen: string[]): Promise<MillraceProcess> {
  const broker = await MillraceProcess.start({ listen })
  started.push(broker)
  return broker
}

/** What a client is told that came in by `port`: by Metadata and by FindCoordinator. */
async function toldBy(port: number, host?: string): Promise<string[]> {
  const connection = await RawConnection.open(port, host)
  const { brokers } = await ask(connection, metadata, 9, { topics: [], allowAutoTopicCreation: false })
  let found = await ask(connection, findCoordinator, 3, { key: 'group', keyType: 0 })
  while (found.errorCode === 15 || found.errorCode === 14) found = await ask(connection, findCoordinator, 3, { key: 'group', keyType: 0 })
  connection.close()
  return [...brokers.map(broker => `${broker.host}:${broker.port}`), `${found.host}:${found.port}`]
}

it('each of two listeners tells its own clients its own address', async () => {
  const [first = 0, second = 0] = await freePorts(2)
  await serve(`127.0.0.1:${first}=first.test:1111`, `127.0.0.1:${second}=second.test:2222`)
  expect(await toldBy(first)).toEqual(['first.test:1111', 'first.test:1111'])
  expect(await toldBy(second)).toEqual(['second.test:2222', 'second.test:2222'])
})

it('an advertised host without a port stands before the port that was bound', async () => {
  const [port = 0] = await freePorts(1)
  await serve(`127.0.0.1:${port}=broker.test`)
  expect(await toldBy(port)).toEqual([`broker.test:${port}`, `broker.test:${port}`])
})

it('::1 is served, and told to those who come by it', async () => {
  const broker = await serve('[::1]:0')
  expect(await answersApiVersions(broker.port, '::1')).toBe(true)
  expect(await toldBy(broker.port, '::1')).toEqual([`::1:${broker.port}`, `::1:${broker.port}`])
})

withKcat('localhost binds one port of both families, and kcat lists the broker', async () => {
  const broker = await serve('localhost:0')
  expect(await answersApiVersions(broker.port, '127.0.0.1')).toBe(true)
  expect(await answersApiVersions(broker.port, '::1')).toBe(true)
  const listed = await run('kcat', ['-b', `localhost:${broker.port}`, '-L', '-m', '10'])
  expect(listed.stdout.toString()).toContain(`localhost:${broker.port}`)
})

it('a port that is taken is refused, naming the port, and nothing is left running', async () => {
  const holder = createServer()
  await new Promise<void>(resolve => holder.listen(0, '127.0.0.1', resolve))
  const address = holder.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const refused = new MillraceProcess({ listen: [`127.0.0.1:${port}`] })
  started.push(refused)
  await expect(refused.start()).rejects.toThrow(String(port))
  expect(refused.process.exit?.code).not.toBe(0)
  await new Promise(resolve => holder.close(resolve))
})

it('a wildcard without an advertised host is refused with the line to use', async () => {
  const refused = new MillraceProcess({ listen: ['0.0.0.0:0'] })
  started.push(refused)
  await expect(refused.start()).rejects.toThrow(/--listen 0\.0\.0\.0:0=/)
})
