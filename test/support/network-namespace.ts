/** A second network on this Linux machine, as a container has one: a namespace joined to ours by a veth pair, with its own /etc/hosts. Needs root. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { run, type Ran, type RunOptions } from './clients-process.ts'
import { skipped, testWith } from './clients-tools.ts'

const PREFIX = 'millrace-'
/** Names in this folder are what `ip netns exec` puts over those in /etc. */
const HOSTS = '/etc/netns'

/** `test` where namespaces can be made; else skipped with a line, and with CI set a failure for root, who may. */
export function testWithNamespaces(): typeof test | typeof test.skip {
  if (process.platform !== 'linux') return skipped
  if (process.getuid?.() !== 0) {
    process.stderr.write('skipped: network namespaces need root: run the tests of test/clients/containers.test.ts with sudo\n')
    return skipped
  }
  const it = testWith('kcat', 'ip')
  if (it === skipped) return it
  const probe = `${PREFIX}probe-${process.pid}`
  const added = spawnSync('ip', ['netns', 'add', probe])
  spawnSync('ip', ['netns', 'del', probe])
  if (added.status === 0) return it
  const line = `network namespaces are not permitted here: ${String(added.stderr).trim()}`
  if (process.env['CI']) {
    test('root may make network namespaces', () => {
      throw new Error(line)
    })
  } else process.stderr.write(`skipped: ${line}\n`)
  return skipped
}

export class NetworkNamespace {
  readonly name: string
  /** Of this machine, as the namespace sees it. */
  readonly address: string
  readonly #forget: () => void

  private constructor(name: string, address: string) {
    this.name = name
    this.address = address
    const remove = (): void => removeNow(name)
    process.once('exit', remove)
    this.#forget = () => process.off('exit', remove)
  }

  /** `hosts`: names by which the namespace knows this machine. */
  static async create(...hosts: readonly string[]): Promise<NetworkNamespace> {
    removeAbandoned()
    const id = process.pid % 60_000
    // 198.18.0.0/15 is for benchmarks of networks: no route of anybody's leads there.
    const net = `198.18.${Math.floor(id / 64) % 256}.${(id % 64) * 4}`.split('.').map(Number)
    const [outside, inside] = [1, 2].map(last => [...net.slice(0, 3), (net[3] ?? 0) + last].join('.'))
    const namespace = new NetworkNamespace(`${PREFIX}${process.pid}`, outside ?? '')
    const { name } = namespace
    try {
      mkdirSync(join(HOSTS, name), { recursive: true })
      writeFileSync(join(HOSTS, name, 'hosts'), `127.0.0.1 localhost\n${hosts.map(host => `${outside} ${host}\n`).join('')}`)
      await run('ip', ['netns', 'add', name])
      await run('ip', ['link', 'add', `mlo${id}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name])
      await run('ip', ['address', 'add', `${outside}/30`, 'dev', `mlo${id}`])
      await run('ip', ['link', 'set', `mlo${id}`, 'up'])
      await namespace.run('ip', ['address', 'add', `${inside}/30`, 'dev', 'eth0'])
      await namespace.run('ip', ['link', 'set', 'eth0', 'up'])
      await namespace.run('ip', ['link', 'set', 'lo', 'up'])
      return namespace
    } catch (fault) {
      namespace.dispose()
      throw fault
    }
  }

  run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran> {
    return run('ip', ['netns', 'exec', this.name, command, ...args], options)
  }

  /** 'open', or the code with which a connection to `host` fails: ECONNREFUSED. */
  async reach(host: string, port: number): Promise<string> {
    const script = `require('node:net').connect({ host: '${host}', port: ${port}, timeout: 5000 }).once('connect', () => { console.log('open'); process.exit() })
      .once('timeout', () => { console.log('timeout'); process.exit() }).once('error', cause => { console.log(cause.code); process.exit() })`
    return (await this.run(process.execPath, ['-e', script])).stdout.toString().trim()
  }

  dispose(): void {
    this.#forget()
    removeNow(this.name)
  }
}

/** Its veth pair goes with it. */
function removeNow(name: string): void {
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
  rmSync(join(HOSTS, name), { recursive: true, force: true })
}

/** Those of test runs that were killed. */
function removeAbandoned(): void {
  if (!existsSync(HOSTS)) return
  for (const name of readdirSync(HOSTS)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)$`).exec(name)?.[1]
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeNow(name)
  }
}
