import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as v from 'valibot'
import { silentLogger } from '../../../core/common/logger.ts'
import { type HttpOptions, startHttp } from '../../../core/headless/http.ts'
import { call } from '../../../core/studio/contract/contract.ts'
import { connectContract } from '../../../core/studio/rpc/connect.ts'
import { type Port, webSocketPort } from '../../../core/studio/rpc/port.ts'
import { serveContract } from '../../../core/studio/rpc/serve.ts'

const contract = { echo: { bytes: call<Uint8Array>()(v.object({ bytes: v.instance(Uint8Array) })) } } as const
const token = 'a-token-of-this-test'

let folder: string
let stops: (() => unknown)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-http-'))
  stops = [() => rmSync(folder, { recursive: true })]
  mkdirSync(join(folder, 'window/assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'outside')
  writeFileSync(join(folder, 'window/index.html'), '<!doctype html><title>Millrace</title>')
  writeFileSync(join(folder, 'window/assets/app-1f.js'), 'export {}')
})
afterEach(async () => { for (const stop of stops.reverse()) await stop() })

async function start(options: Partial<HttpOptions> = {}) {
  const ports: Port[] = []
  const serveWindow = (port: Port): void => {
    ports.push(port)
    serveContract(contract, { echo: { bytes: ({ bytes }) => bytes } }, port, { logger: silentLogger })
  }
  const http = await startHttp({ host: '127.0.0.1', port: 0, windowFolder: join(folder, 'window'), serveWindow, token, logger: silentLogger, ...options })
  stops.push(() => http.stop())
  const { port } = new URL(http.url)
  return { ...http, ports, port: Number(port), base: `http://127.0.0.1:${port}` }
}

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string }

/** Sends the path and headers exactly as given, which fetch would tidy up. */
function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => { body += text }).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject).end()
  })
}

/** 'open', or the status the upgrade was refused with. */
function connect(url: string, headers: Record<string, string>): Promise<{ socket: WebSocket; outcome: 'open' | number }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    stops.push(() => socket.terminate())
    socket.on('open', () => resolve({ socket, outcome: 'open' }))
    socket.on('unexpected-response', (_request, response) => resolve({ socket, outcome: response.statusCode ?? 0 }))
    socket.on('error', reject)
  })
}

test('the printed address opens the window, whose further files need only the cookie', async () => {
  const { url, port } = await start()
  expect(url).toBe(`http://127.0.0.1:${port}/?token=${token}`)
  const page = await get(port, `/?token=${token}`)
  expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>Millrace</title>' })
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
  expect(page.headers['content-security-policy']).toContain(`script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws://127.0.0.1:${port};`)
  const [cookie = ''] = page.headers['set-cookie'] ?? []
  expect(cookie).toBe(`millrace-${port}=${token}; Path=/; HttpOnly; SameSite=Strict`)
  const script = await get(port, '/assets/app-1f.js', { cookie: cookie.split(';')[0] ?? '' })
  expect(script).toMatchObject({ status: 200, body: 'export {}', headers: { 'content-type': 'text/javascript; charset=utf-8' } })
  expect(await get(port, '/assets/app-1f.js', { cookie: cookie.split(';')[0] ?? '' }, 'HEAD')).toMatchObject({ status: 200, body: '' })
})

test('without the token, or with a wrong one, nothing is served', async () => {
  const { port } = await start()
  for (const path of ['/', '/assets/app-1f.js', '/?token=', '/?token=a-token-of-this-tesT', '/?token=x&token=a-token-of-this-test']) {
    expect(await get(port, path)).toMatchObject({ status: 403, body: expect.stringContaining('?token=') })
  }
  expect((await get(port, '/', { cookie: `millrace-1=${token}` })).status).toBe(403)
})

test('a request that names another host is refused, token or not: a foreign name may resolve to this machine', async () => {
  const { port } = await start()
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`, `[::2]:${port}`]) {
    expect((await get(port, `/?token=${token}`, { host })).status).not.toBe(200)
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    expect((await get(port, `/?token=${token}`, { host })).status).toBe(200)
  }
})

test('no path leads out of the window\'s folder', async () => {
  const { port } = await start()
  const cookie = `millrace-${port}=${token}`
  for (const path of ['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets\\..\\..\\secret.txt', '//etc/passwd', '/.stamp', '/assets', '/assets/', '/index.html/x', '/%00', '//', 'http://x/', '*', '/?%']) {
    const answer = await get(port, path, { cookie })
    expect([path, answer.status]).toEqual([path, path === '/?%' ? 200 : 404])
    expect(answer.body).not.toContain('outside')
  }
  expect((await get(port, '/', { cookie }, 'POST')).status).toBe(405)
})

test('a window that is not built says so and what to run', async () => {
  const { port } = await start({ windowFolder: join(folder, 'nothing') })
  expect(await get(port, `/?token=${token}`)).toMatchObject({ status: 503, body: expect.stringContaining('npm run build') })
})

test('the contract runs over the WebSocket, and stop ends it', async () => {
  const { port, base, stop } = await start()
  const { socket, outcome } = await connect(`ws://127.0.0.1:${port}/studio?token=${token}`, { origin: base })
  expect(outcome).toBe('open')
  const client = connectContract(contract, webSocketPort(socket))
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251)
  expect(Buffer.from(await client.echo.bytes({ bytes })).equals(bytes)).toBe(true)
  await stop()
  await expect(client.echo.bytes({ bytes })).rejects.toMatchObject({ code: 'DISCONNECTED' })
})

test('a WebSocket from another page, without the token, or to another path is refused', async () => {
  const { port, base } = await start()
  const address = `ws://127.0.0.1:${port}/studio`
  const cookie = `millrace-${port}=${token}`
  expect((await connect(address, { origin: base, cookie })).outcome).toBe('open')
  expect((await connect(address, { origin: base })).outcome).toBe(403)
  expect((await connect(address, { origin: 'http://evil.example', cookie })).outcome).toBe(403)
  expect((await connect(address, { origin: `http://localhost:${port}`, cookie })).outcome).toBe(403)
  expect((await connect(address, { cookie })).outcome).toBe(403)
  expect((await connect(address, { origin: base, cookie, host: 'evil.example' })).outcome).toBe(403)
  expect((await connect(`ws://127.0.0.1:${port}/other`, { origin: base, cookie })).outcome).toBe(404)
})

test('only loopback addresses are bound, and a taken port is named', async () => {
  await expect(start({ host: '0.0.0.0', port: 8080 })).rejects.toThrow('use --http 127.0.0.1:8080')
  await expect(start({ host: 'example.com' })).rejects.toThrow('on this machine only')
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  stops.push(() => other.close())
  const { port } = other.address() as { port: number }
  await expect(start({ port })).rejects.toThrow(`--http 127.0.0.1:${port}: the port is taken`)
})
