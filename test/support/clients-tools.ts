/** Which tools of other languages this machine has. A test without its tool is skipped with a line; under CI it fails. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'

type Tool = { readonly name: string; readonly probe: readonly string[]; readonly remedy: string }

const tools = {
  kcat: { name: 'kcat', probe: ['kcat', '-V'], remedy: 'apt-get install -y kcat' },
  java: { name: 'Java', probe: ['javac', '-version'], remedy: 'apt-get install -y default-jdk-headless maven' },
  maven: { name: 'Maven', probe: ['mvn', '-v'], remedy: 'apt-get install -y default-jdk-headless maven' },
  python: { name: 'Python 3 with venv', probe: ['python3', '-c', 'import venv, ensurepip'], remedy: 'apt-get install -y python3-venv' },
  ip: { name: 'ip of iproute2', probe: ['ip', '-V'], remedy: 'apt-get install -y iproute2' },
  go: { name: 'Go', probe: ['go', 'version'], remedy: 'install Go 1.26 or newer' },
  rust: { name: 'Rust', probe: ['cargo', '--version'], remedy: 'install Rust 1.85 or newer' },
  cc: { name: 'a C compiler with librdkafka', probe: ['cc', '-E', '-include', 'librdkafka/rdkafka.h', '-x', 'c', '/dev/null'],
    remedy: 'apt-get install -y gcc libc6-dev librdkafka-dev' },
  cxx: { name: 'a C++ compiler with make and libzstd', probe: ['sh', '-c', 'make -v && c++ -E -include zstd.h -x c++ /dev/null'],
    remedy: 'apt-get install -y g++ make libzstd-dev zlib1g-dev' },
} as const satisfies Record<string, Tool>

export type ToolName = keyof typeof tools

/** Tools that .ci/run installs: with CI set, their absence is a failure and not a skip. */
const installedByCi: ReadonlySet<ToolName> = new Set(['kcat', 'ip', 'java', 'maven', 'cc', 'cxx', 'python'])

/** `test.skip`, which is another function each time it is asked for: what `testWith` and `testWithMade` answer can be compared with this one. */
export const skipped = test.skip

const found = new Map<ToolName, boolean>()

export function hasTool(tool: ToolName): boolean {
  const known = found.get(tool)
  if (known !== undefined) return known
  const [command, ...args] = tools[tool].probe
  const has = spawnSync(command, args, { stdio: 'ignore' }).status === 0
  found.set(tool, has)
  return has
}

/** `test` when every tool is here, else `test.skip` after a line that tells what to install; with CI set, a test that fails with that line. */
export function testWith(...names: ToolName[]): typeof test | typeof test.skip {
  const missing = names.filter(name => !hasTool(name))
  const first = missing[0]
  if (first === undefined) return test
  const line = `${tools[first].name} is missing: ${tools[first].remedy}`
  if (process.env['CI'] && missing.some(name => installedByCi.has(name))) {
    test(`${tools[first].name} is installed`, () => {
      throw new Error(line)
    })
    return skipped
  }
  process.stderr.write(`skipped: ${line}\n`)
  return skipped
}

/**
 * As `testWith`, after `make` has fetched or compiled what the tests run; where that fails (no network, no registry) the tests are
 * skipped with a line, and with CI set they fail for the tools that .ci/run installs.
 */
export async function testWithMade(make: () => Promise<unknown>, ...names: ToolName[]): Promise<typeof test | typeof test.skip> {
  const it = testWith(...names)
  if (it === skipped) return it
  const failure = await make().then(() => undefined, (error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  if (!failure) return it
  if (process.env['CI'] && names.every(name => installedByCi.has(name))) throw failure
  process.stderr.write(`skipped: what runs with ${tools[names[0] ?? 'java'].name} could not be fetched or compiled: ${failure.message.split('\n')[0]}\n`)
  return skipped
}

/** The installed version of an npm package; of Millrace itself without a name. */
export function packageVersion(name?: string): string {
  const root = join(import.meta.dirname, '..', '..')
  const file = join(name === undefined ? root : join(root, 'node_modules', name), 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
