/**
 * Writes docs/clients.md, the table of client libraries and what of the scenario each of them passed, from test/clients/matrix/results.json.
 * Run: node build/clients-table.ts, or after a run of the tests with MILLRACE_CLIENTS_RESULTS=FOLDER set: node build/clients-table.ts --from FOLDER,
 * which first takes over what that run said of the clients it ran. `--without CLIENT` drops one.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Step = { readonly result: 'passed' | 'failed' | 'absent'; readonly detail?: string }
export type ClientResult = {
  readonly client: string
  readonly version: string
  readonly language: string
  readonly on?: string
  readonly steps: Readonly<Record<string, Step>>
}

export const clientsFile = fileURLToPath(new URL('../docs/clients.md', import.meta.url))
const resultsFile = fileURLToPath(new URL('../test/clients/matrix/results.json', import.meta.url))

/** A detail of a step that passed in all but what the library has not. */
const WITHOUT = 'without '

/** Columns, with the steps that each stands for. */
const columns: readonly (readonly [title: string, steps: readonly string[]])[] = [
  ['produce', ['produce none']],
  ['gzip', ['produce gzip']],
  ['snappy', ['produce snappy']],
  ['lz4', ['produce lz4']],
  ['zstd', ['produce zstd']],
  ['idem&shy;potent', ['idempotent produce']],
  ['group', ['group: two members join and leave']],
  ['resume', ['commit and resume']],
  ['by time', ['seek by time']],
  ['KIP-848', ['consumer group protocol']],
  ['admin', ['admin create', 'admin describe', 'admin alter', 'admin delete']],
  ['trans&shy;action', ['transaction commit and abort']],
  ['exactly once', ['consume-transform-produce']],
  ['fencing', ['zombie fenced']],
]

export const columnSteps: readonly string[] = columns.flatMap(([, steps]) => steps)

/** The whole file. */
export function clientsTable(results: readonly ClientResult[] = committed()): string {
  const sorted = results.toSorted((a, b) => `${a.language} ${a.client}`.localeCompare(`${b.language} ${b.client}`, 'en'))
  return [
    '# Clients',
    '',
    'Client libraries that are run against Millrace with every change, unmodified and from their registries, each through the same scenario in',
    'its own ordinary API. Written by `build/clients-table.ts` from [what the test run said](../test/clients/matrix/results.json); the test run',
    'fails when a library does not do what stands here.',
    '',
    `| library | version | language | ${columns.map(([title]) => title).join(' | ')} |`,
    `|---|---|---|${columns.map(() => ':-:').join('|')}|`,
    ...sorted.map(row),
    '',
    '✓ passed · – the library has no such feature · ✗ failed, see below · admin: create, describe, alter, delete, one sign each where they differ',
    '',
    '## The scenario',
    '',
    '- **produce**, and with each codec: records with keys, headers and values are read back equal, in order, by the same library.',
    '- **idempotent**: acks=all with a producer id, counted exactly.',
    '- **group**: two members of a classic group share six partitions; one leaves and the other is given all of them; every record is read once.',
    '- **resume**: a member commits and leaves; the next of the group goes on exactly there.',
    '- **by time**: the first record at or after a timestamp is looked up and sought.',
    '- **KIP-848**: the same with two members of a group of the consumer protocol (`group.protocol=consumer`).',
    '- **admin**: creates topics; describes topic, cluster, configs and groups; alters configs and grows partitions; deletes records, groups and topics.',
    '- **transaction**: read_committed sees exactly what was committed, nothing of what was aborted.',
    '- **exactly once**: consume, transform, produce with the offsets in the transaction; an aborted round is done again.',
    '- **fencing**: a second producer of a transactional id fences the first.',
    ...notes('What failed', sorted, step => step.result === 'failed'),
    ...notes('What a library does not have', sorted, step => step.result === 'absent' || step.detail?.startsWith(WITHOUT) === true),
    '',
  ].join('\n')
}

function row({ client, version, language, on, steps }: ClientResult): string {
  const cells = columns.map(([, names]) => {
    const signs = names.map(name => sign(steps[name]))
    return new Set(signs).size === 1 ? (signs[0] ?? '') : signs.join('')
  })
  return `| ${client} | ${version}${on === undefined ? '' : ` (${on})`} | ${language} | ${cells.join(' | ')} |`
}

function sign(step: Step | undefined): string {
  return step === undefined || step.result === 'failed' ? '✗' : step.result === 'passed' ? '✓' : '–'
}

/** Why, a line for each library and step; steps with the same reason together. */
function notes(title: string, results: readonly ClientResult[], isNoted: (step: Step) => boolean): string[] {
  const lines = results.flatMap(({ client, steps }) => {
    const reasons = Map.groupBy(columnSteps.filter(name => isNoted(steps[name] ?? { result: 'failed' })), name => steps[name]?.detail ?? 'not said')
    return [...reasons].map(([reason, names]) => `- ${client}, ${names.join(', ')}: ${reason.replaceAll('\n', ' ')}`)
  })
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]
}

function committed(): ClientResult[] {
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as ClientResult[] // written below
}

/** Whether the committed file says what the committed results say. */
export function isCurrent(): boolean {
  return readFileSync(clientsFile, 'utf8') === clientsTable()
}

/** The committed results, with those of a run in the place of what they replace. */
function taken(folder: string | undefined, without: string | undefined): ClientResult[] {
  const results = new Map(committed().map(result => [result.client, result]))
  for (const name of namesIn(folder)) {
    const result = JSON.parse(readFileSync(name, 'utf8')) as ClientResult // written by test/support/clients-matrix.ts
    results.set(result.client, { ...result, steps: tidy(result.steps) })
  }
  if (without !== undefined) results.delete(without)
  return [...results.values()].toSorted((a, b) => a.client.localeCompare(b.client, 'en'))
}

function namesIn(folder: string | undefined): string[] {
  return folder === undefined ? [] : readdirSync(folder).filter(name => name.endsWith('.json')).map(name => join(folder, name))
}

/**
 * In the table's order. Of what was said of steps that passed, "without …" is kept: a part of the step that the library has nothing for.
 * Anything else would change with each run.
 */
function tidy(steps: ClientResult['steps']): ClientResult['steps'] {
  const entries = columnSteps.flatMap((name): [string, Step][] => {
    const step = steps[name]
    if (step === undefined) return []
    const isKept = step.result !== 'passed' || step.detail?.startsWith(WITHOUT)
    return [[name, isKept ? step : { result: step.result }]]
  })
  return Object.fromEntries(entries)
}

/** One client's steps a line each: a change of one reads as one. */
function printed(results: readonly ClientResult[]): string {
  return `${JSON.stringify(results, null, 2).replaceAll(/\{\n\s+("result": [^\n]+)(?:\n\s+("detail": [^\n]+))?\n\s+\}/g, (_, result: string, detail?: string) => `{ ${[result, detail].filter(Boolean).join(' ')} }`)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name: string): string | undefined => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
  const results = taken(option('--from'), option('--without'))
  writeFileSync(resultsFile, printed(results))
  writeFileSync(clientsFile, clientsTable(results))
}
