/** The programs of docs/ci.md, taken from the page and run: the steps for GitHub Actions, what Compose would start, JUnit 5, pytest. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { metadata } from '../../core/protocol/apis/index.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { cachedFolder } from '../support/clients-cache.ts'
import { pythonEnvironment } from '../support/clients-matrix-python.ts'
import { run, RunningProcess } from '../support/clients-process.ts'
import { targetIsKafka } from '../support/clients-target.ts'
import { skipped, testWith, testWithMade } from '../support/clients-tools.ts'
import { docsBlocks, writeBlocks } from '../support/docs-blocks.ts'
import { freePorts } from '../support/kafka-peer.ts'

const yaml = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown } // it comes without types
const root = join(import.meta.dirname, '..', '..')
const docs = docsBlocks('ci.md')
const PYTEST = 'pytest==9.0.3'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-ci-docs-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** How many processes know the folder: brokers that a program of the page left behind. */
function leftBehind(): number {
  return readdirSync('/proc').filter(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false
    try {
      return readFileSync(join('/proc', name, 'cmdline'), 'utf8').includes(folder)
    } catch {
      return false // it ended meanwhile
    }
  }).length
}

function parsed<Shape>(name: string): Shape {
  return yaml.load(docs.files.get(name) ?? '') as Shape // what the test reads of it is compared below
}

type Workflow = { readonly jobs: { readonly test: { readonly env: Record<string, string>; readonly steps: readonly { readonly name?: string; readonly run?: string; readonly if?: string }[] } } }

const itActs = targetIsKafka ? skipped : testWith('kcat')
itActs('the steps for GitHub Actions start the broker, hand its address to the tests, and stop it', async () => {
  symlinkSync(root, join(folder, 'millrace'))
  const [temp, environment] = [join(folder, 'temp'), join(folder, 'github-env')]
  await run('mkdir', [temp])
  writeFileSync(environment, '')
  const tests = 'echo tried | kcat -P -b $KAFKA_BOOTSTRAP_SERVERS -t orders -p 2 && kcat -C -b $KAFKA_BOOTSTRAP_SERVERS -t orders -o beginning -e -q > read'
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { test: tests } }))
  const { test: job } = parsed<Workflow>('.github/workflows/test.yaml').jobs
  const steps = job.steps.filter(step => step.run !== undefined)
  expect(steps.map(({ name }) => name)).toEqual(['Install Millrace', 'Build Millrace', 'Start the broker', 'Test', 'Stop the broker'])
  expect(steps[0]?.run).toBe('npm ci --prefix "$MILLRACE_HOME"') // this very checkout is where it ran
  const env: Record<string, string> = { RUNNER_TEMP: temp, GITHUB_ENV: environment }
  for (const [name, value] of Object.entries(job.env)) env[name] = value.replace('${{ github.workspace }}', folder)
  const act = async (step: (typeof steps)[number] | undefined): Promise<void> => {
    const set = Object.fromEntries(readFileSync(environment, 'utf8').split('\n').filter(Boolean).map(line => line.split('=', 2)))
    writeFileSync(join(temp, 'step.sh'), step?.run ?? '')
    await run('bash', ['--noprofile', '--norc', '-e', join(temp, 'step.sh')], { cwd: folder, env: { ...env, ...set } })
  }
  try {
    for (const step of steps.slice(1, -1)) await act(step)
  } finally {
    await act(steps.at(-1))
  }
  expect(steps.at(-1)?.if).toBe('always()')
  expect(readFileSync(join(folder, 'read'), 'utf8')).toBe('tried\n')
  expect(readFileSync(join(temp, 'millrace.log'), 'utf8')).toMatch(/listens on 127\.0\.0\.1:\d+/)
  await expect.poll(leftBehind).toBe(0)
})

type Compose = { readonly services: Record<string, { readonly build?: { readonly dockerfile_inline: string }; readonly command?: readonly string[]; readonly healthcheck?: { readonly test: readonly string[] }; readonly environment?: Record<string, string>; readonly extra_hosts?: readonly string[] }> }

const it = targetIsKafka ? skipped : testWith()
it('what Compose starts becomes healthy and tells its clients the name of the service', async () => {
  const { kafka, app } = parsed<Compose>('compose.yaml').services
  const [port = 0] = await freePorts(1)
  const ready = join(folder, 'address')
  const [program = '', ...args] = kafka?.command?.map(word => word.replace(':9092', `:${port}`).replace('/tmp/millrace.address', ready)) ?? []
  const [kind, ...check] = kafka?.healthcheck?.test.map(word => word.replace('/tmp/millrace.address', ready)) ?? []
  expect([kind, app?.environment]).toEqual(['CMD', { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092' }])
  const healthy = (): Promise<boolean> => run(check[0] ?? '', check.slice(1)).then(() => true, () => false)
  expect(await healthy()).toBe(false)
  const broker = new RunningProcess(program, args, { cwd: root })
  try {
    await broker.waitFor('ready line', () => broker.stdout.find(text => text.includes(' listens on ')))
    expect(await healthy()).toBe(true)
    const connection = await RawConnection.open(port)
    const { brokers, topics } = await ask(connection, metadata, 9, { topics: null, allowAutoTopicCreation: false })
    connection.close()
    expect(brokers).toMatchObject([{ host: 'kafka', port }])
    expect(topics.find(({ name }) => name === 'orders')?.partitions).toHaveLength(3)
  } finally {
    await broker.end('SIGTERM')
  }
  const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts
  expect(scripts).toHaveProperty('build')
  expect(kafka?.build?.dockerfile_inline).toMatch(/^FROM node:24-[^]*^RUN npm ci && npm run build$/m)
})

it('the broker of this machine is told to a container as what --containers tells it', async () => {
  const { app } = parsed<Compose>('compose.host.yaml').services
  expect(app).toMatchObject({ environment: { KAFKA_BOOTSTRAP_SERVERS: 'host.docker.internal:29092' }, extra_hosts: ['host.docker.internal:host-gateway'] })
  const command = docs.commands.find(text => text.includes('--containers')) ?? ''
  // Ports of its own: the page's are those of a machine that has nothing else on them.
  const [local = 0, port = 0] = await freePorts(2)
  const words = command.trim().replace('--containers', `--containers :${port} --listen 127.0.0.1:${local}`)
  const broker = new RunningProcess('bash', ['-c', `exec ${words}`], { env: { MILLRACE_HOME: root } })
  try {
    const line = await broker.waitFor('ready line', () => broker.stdout.find(text => text.includes(' listens on ')))
    expect(line).toContain(`127.0.0.1:${local}, host.docker.internal:${port}`)
  } finally {
    await broker.end('SIGTERM')
  }
})

const itJunit = targetIsKafka ? skipped : testWith('java', 'maven')
itJunit('the extension for JUnit 5 gives a test its broker and stops it', async () => {
  writeBlocks(docs, folder, /^pom\.xml$|\.java$/)
  const [program = '', ...goals] = docs.commands.find(text => text.startsWith('mvn'))?.trim().split(' ') ?? []
  const options = { cwd: folder, env: { MILLRACE_HOME: root, JAVA_TOOL_OPTIONS: `-Djava.io.tmpdir=${folder}` }, timeoutMs: 200_000 }
  // What earlier runs brought is used without asking anybody.
  await run(program, ['-B', '-q', '-o', ...goals], options).catch(() => run(program, ['-B', '-q', ...goals], options))
  const reports = join(folder, 'target', 'surefire-reports')
  expect(readFileSync(join(reports, 'TEST-example.OrdersTest.xml'), 'utf8')).toMatch(/<testsuite [^>]*tests="1" errors="0" skipped="0" failures="0"/)
  await expect.poll(leftBehind).toBe(0)
})

/** pytest beside the environment that has the client. */
async function pytest(): Promise<{ readonly python: string; readonly path: string }> {
  const python = await pythonEnvironment()
  const path = await cachedFolder(PYTEST.replace('==', '-'), async draft => {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', draft, PYTEST])
  })
  return { python, path }
}

const itPytest = targetIsKafka ? skipped : await testWithMade(pytest, 'python')
itPytest('the fixture for pytest gives a test its broker and stops it', async () => {
  writeBlocks(docs, folder, /\.py$/)
  const { python, path } = await pytest()
  const [, ...args] = docs.commands.find(text => text.includes('pytest'))?.trim().split(' ') ?? []
  const ran = await run(python, [...args, `--basetemp=${join(folder, 'temp')}`], { cwd: folder, env: { MILLRACE_HOME: root, PYTHONPATH: path } })
  expect(ran.stdout.toString()).toContain('1 passed')
  await expect.poll(leftBehind).toBe(0)
})
