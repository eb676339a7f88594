import { MessageChannel } from 'node:worker_threads'
import * as v from 'valibot'
import { afterEach, expect, test, vi } from 'vitest'
import { STREAM_CREDIT_ITEMS } from '../../../../core/common/limits.ts'
import { silentLogger, type Logger } from '../../../../core/common/logger.ts'
import { call, stream } from '../../../../core/studio/contract/contract.ts'
import { connectContract, type Client } from '../../../../core/studio/rpc/connect.ts'
import { messagePortPort, type Port } from '../../../../core/studio/rpc/port.ts'
import { serveContract, type Implementation, type Sink } from '../../../../core/studio/rpc/serve.ts'
import { StudioError } from '../../../../core/studio/rpc/studio-error.ts'

const contract = {
  sums: {
    add: call<bigint>()(v.object({ terms: v.array(v.bigint()), scale: v.optional(v.number(), 1) })),
    fail: call<null>()(v.object({ how: v.picklist(['refuse', 'break', 'huge']) })),
    never: call<null>()(v.object({})),
    count: stream<number>()(v.object({ to: v.number() })),
    open: stream<number>()(v.object({})),
  },
} as const

type Opened = { client: Client<typeof contract>; near: Port; far: Port; sinks: Sink<number>[]; errors: string[] }
const stops: (() => void)[] = []
afterEach(() => { for (const stop of stops.splice(0)) stop() })

function open(): Opened {
  const { port1, port2 } = new MessageChannel()
  const [near, far] = [messagePortPort(port1), messagePortPort(port2)]
  const sinks: Sink<number>[] = []
  const errors: string[] = []
  const logger: Logger = { ...silentLogger, error: (message, fields) => void errors.push(`${message}: ${String(fields?.['error'])}`) }
  const server = serveContract(contract, implementation(sinks), far, { logger })
  stops.push(() => server.stop(), () => near.close())
  return { client: connectContract(contract, near), near, far, sinks, errors }
}

const implementation = (sinks: Sink<number>[]): Implementation<typeof contract> => ({
  sums: {
    add: ({ terms, scale }) => terms.reduce((sum, term) => sum + term, 0n) * BigInt(scale),
    fail({ how }) {
      if (how === 'refuse') throw new StudioError('NOT_FOUND', 'there is no such sum')
      if (how === 'huge') return new Uint8Array(20 * 1024 * 1024) as unknown as null
      throw new RangeError('off by one')
    },
    never: () => new Promise(() => {}),
    count({ to }, sink) {
      sinks.push(sink)
      let next = 1
      const go = (): void => {
        while (next <= to && sink.send(next)) next++
        if (next > to) sink.end()
      }
      sink.onReady(go)
    },
    open: (_, sink) => void sinks.push(sink),
  },
})

test('a call is answered with its types intact and defaults filled in', async () => {
  const { client } = open()
  expect(await client.sums.add({ terms: [2n ** 53n, 1n] })).toBe(2n ** 53n + 1n)
  expect(await client.sums.add({ terms: [1n, 2n], scale: 3 })).toBe(9n)
})

test('an input that does not fit is refused with INVALID_INPUT and the path of the mistake', async () => {
  const { client } = open()
  const wrong = client.sums.add({ terms: [1n, 2 as unknown as bigint] })
  await expect(wrong).rejects.toMatchObject({ name: 'StudioError', code: 'INVALID_INPUT', message: expect.stringContaining('terms.1') })
  await expect(client.sums.add({ terms: [2n ** 64n] })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('a refusal keeps its code; a bug answers BUG and is logged whole', async () => {
  const { client, errors } = open()
  await expect(client.sums.fail({ how: 'refuse' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'there is no such sum' })
  await expect(client.sums.fail({ how: 'break' })).rejects.toMatchObject({ code: 'BUG' })
  await expect(client.sums.fail({ how: 'huge' })).rejects.toMatchObject({ code: 'BUG' })
  expect(errors).toEqual([
    'a bug in sums.fail: RangeError: off by one', expect.stringContaining('above the bound'),
  ])
})

test('a method the contract does not have is refused', async () => {
  const { near } = open()
  const other = connectContract({ sums: { toString: call<null>()(v.any()) }, __proto__x: { y: call<null>()(v.any()) } }, near)
  await expect(other.sums.toString({})).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

function collect<T>(take?: (item: T) => void) {
  const items: T[] = []
  let onEnd: (failure: unknown) => void = () => {}
  const ended = new Promise<unknown>(resolve => { onEnd = resolve })
  return { items, ended, handlers: { onItem(item: T) { items.push(item); take?.(item) }, onEnd } }
}

test('a stream delivers every item in order and ends', async () => {
  const { client, sinks } = open()
  const reader = collect<number>()
  client.sums.count.subscribe({ to: 100 }, reader.handlers)
  expect(await reader.ended).toBeNull()
  expect(reader.items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  expect(sinks[0]?.isOver).toBe(true)
})

test('a paused reader grants no credit: the engine stops after what was granted, and goes on after resume', async () => {
  const { client, sinks } = open()
  const reader = collect<number>(item => { if (item === 3) subscription.pause() })
  const subscription = client.sums.count.subscribe({ to: 50 }, reader.handlers)
  await vi.waitFor(() => expect(reader.items).toHaveLength(3))
  await vi.waitFor(() => expect(sinks[0]?.ready()).toBe(false))
  // Everything that was under way has arrived once a call behind it is answered.
  await client.sums.add({ terms: [] })
  expect(reader.items).toEqual([1, 2, 3])
  subscription.resume()
  expect(await reader.ended).toBeNull()
  expect(reader.items).toHaveLength(50)
})

test('an engine that has no credit cannot send, and is told when there is some', async () => {
  const { client, sinks } = open()
  const reader = collect<number>()
  const subscription = client.sums.open.subscribe({}, reader.handlers)
  subscription.pause()
  const sink = await vi.waitFor(() => sinks[0] ?? expect.fail('not open yet'))
  for (let item = 0; item < STREAM_CREDIT_ITEMS; item++) expect(sink.send(item)).toBe(true)
  expect(sink.ready()).toBe(false)
  expect(sink.send(99)).toBe(false)
  const granted = new Promise<void>(resolve => { sink.onReady(resolve) })
  await client.sums.add({ terms: [] })
  subscription.resume()
  await granted
  expect(sink.send(7)).toBe(true)
  await vi.waitFor(() => expect(reader.items).toEqual([0, 1, 2, 3, 7]))
})

test('closing a subscription closes the sink, and no handler runs afterwards', async () => {
  const { client, sinks } = open()
  const reader = collect<number>()
  const subscription = client.sums.open.subscribe({}, reader.handlers)
  const sink = await vi.waitFor(() => sinks[0] ?? expect.fail('not open yet'))
  const closed = new Promise<void>(resolve => { sink.onClose(resolve) })
  subscription.close()
  sink.send(1)
  await closed
  await client.sums.add({ terms: [] })
  expect(reader.items).toEqual([])
  expect(sink.send(2)).toBe(false)
})

test('a bug in a stream ends that stream only', async () => {
  const { client, sinks, errors } = open()
  const [broken, fine] = [collect<number>(), collect<number>()]
  client.sums.open.subscribe({}, broken.handlers)
  client.sums.open.subscribe({}, fine.handlers)
  await vi.waitFor(() => expect(sinks).toHaveLength(2))
  sinks[0]?.onReady(() => { throw new TypeError('no such row') })
  expect(await broken.ended).toMatchObject({ code: 'BUG' })
  sinks[1]?.send(1)
  await vi.waitFor(() => expect(fine.items).toEqual([1]))
  expect(errors).toEqual(['a bug in sums.open: TypeError: no such row'])
})

test.each(['near', 'far'] as const)('when the %s port closes, calls reject and streams end with DISCONNECTED and sinks are closed', async side => {
  const opened = open()
  const reader = collect<number>()
  opened.client.sums.open.subscribe({}, reader.handlers)
  const sink = await vi.waitFor(() => opened.sinks[0] ?? expect.fail('not open yet'))
  const pending = opened.client.sums.never({})
  const closed = new Promise<void>(resolve => { sink.onClose(resolve) })
  opened[side].close()
  await expect(pending).rejects.toMatchObject({ code: 'DISCONNECTED' })
  expect(await reader.ended).toMatchObject({ code: 'DISCONNECTED' })
  await closed
  await expect(opened.client.sums.add({ terms: [] })).rejects.toMatchObject({ code: 'DISCONNECTED' })
})

test('a peer that sends nonsense loses its port and nothing else happens', async () => {
  const { near } = open()
  const closed = new Promise<void>(resolve => { near.onClose(resolve) })
  near.post(new Uint8Array([0xc1, 1, 2]))
  await closed
})

test('a subscription whose stream is refused learns why', async () => {
  const { client } = open()
  const reader = collect<number>()
  client.sums.count.subscribe({ to: 'ten' as unknown as number }, reader.handlers)
  expect(await reader.ended).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('to:') })
})
