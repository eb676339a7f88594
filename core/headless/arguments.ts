/** The command line of `millrace`: parsed, checked, or refused with a sentence. */

import { parseArgs } from 'node:util'
import { parseListener, type ListenerAddress } from '../broker/addresses.ts'
import type { BrokerConfig } from '../broker/broker-config.ts'
import { type ContainerAddress, parseContainerAddress } from '../broker/container-access.ts'
import { parseBrokerSettings } from '../broker/broker-settings.ts'
import { topicNameProblem } from '../broker/topic-name.ts'
import { BROKERS_MAX } from '../common/limits.ts'

export type ServeArguments = {
  /** Empty: the loopback on 9092, or the next free port. */
  readonly listeners: readonly ListenerAddress[]
  readonly dataFolder: string | undefined
  readonly http: { readonly host: string; readonly port: number } | undefined
  readonly topics: readonly { readonly name: string; readonly partitionCount: number }[]
  readonly logFormat: 'text' | 'json'
  readonly readyFile: string | undefined
  readonly config: Partial<BrokerConfig>
  /** Acknowledge what is on the disk only; undefined: as the data folder has it. */
  readonly durableAcks: boolean | undefined
  /** Be reachable from containers; undefined: as the data folder has it. */
  readonly containers: ContainerAddress | undefined
  /** How many brokers to be: their ports follow on those of `listeners`. */
  readonly brokerCount: number
  /** Of the brokers in order, going round where there are fewer. */
  readonly racks: readonly string[]
}
export type ImportArguments = { readonly source: string; readonly dataFolder: string | undefined }

export type Command =
  | { readonly is: 'serve'; readonly options: ServeArguments }
  | { readonly is: 'import'; readonly options: ImportArguments }
  | { readonly is: 'help' | 'version' }
  | { readonly is: 'wrong'; readonly problem: string }

const PORT_MAX = 65_535

export const usage = `millrace: a Kafka-compatible broker on this machine, and the window onto its streams

  millrace serve [options]       run the broker until SIGTERM or Ctrl+C
    --listen HOST:PORT[=SHOWN]   where to listen (may repeat; port 0 takes a free one); SHOWN is what clients are told
                                 default: 127.0.0.1 and ::1, port 9092, or the next free one
    --data DIR                   keep data here; without it, a temporary folder that goes at exit
    --http HOST:PORT             serve the window as a web page on a loopback address
    --brokers N                  be N brokers (1 to 9) with ids from 1 on, on ports from the given one on: a simulated cluster
                                 over one store, to try failover, replication factors and follower fetching
    --racks a,b,c                racks of the brokers in order, going round
    --topics a:3,b:1             create these topics (name:partitions) when they are missing
    --config NAME=VALUE          a broker config of Kafka, as in --config log.retention.ms=3600000 (may repeat)
    --durable-acks               acknowledge records once the disk has them, not the system's cache: survives a power
                                 cut, at the price of waiting for the disk
    --containers [HOST[:PORT]]   listen on all addresses of this machine too, for clients in containers, which are told HOST
                                 (host.docker.internal) and PORT (29092, or a free one near); whoever reaches an address of
                                 this machine can connect then: there is no authentication. An address as HOST: on that only
    --log text|json              form of the log lines
    --ready-file FILE            write the addresses to FILE, one a line, once clients can connect
  millrace import DIR [--data D] adopt partition folders that Apache Kafka wrote
  millrace help | version
`

export function parseCommand(argv: readonly string[]): Command {
  const [name = 'help', ...rest] = argv
  try {
    if (name === 'serve') return parseServe(rest)
    if (name === 'import') return parseImport(rest)
    if (['help', '--help', '-h'].includes(name)) return { is: 'help' }
    if (['version', '--version', '-v'].includes(name)) return { is: 'version' }
  } catch (cause) {
    return { is: 'wrong', problem: cause instanceof Error ? cause.message : String(cause) }
  }
  return { is: 'wrong', problem: `there is no command ${name}` }
}

function parseServe(argv: string[]): Command {
  const { values } = parseArgs({
    args: argv.map(withDefault),
    options: {
      listen: { type: 'string', multiple: true, default: [] },
      data: { type: 'string' },
      http: { type: 'string' },
      topics: { type: 'string' },
      brokers: { type: 'string', default: '1' },
      racks: { type: 'string' },
      config: { type: 'string', multiple: true, default: [] },
      'durable-acks': { type: 'boolean' },
      containers: { type: 'string' },
      log: { type: 'string', default: 'text' },
      'ready-file': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return { is: 'help' }
  const listeners: ListenerAddress[] = []
  for (const text of values.listen) {
    const listener = parseListener(text)
    if ('problem' in listener) return { is: 'wrong', problem: listener.problem }
    listeners.push(listener)
  }
  const brokerCount = Number(values.brokers)
  if (!/^[1-9]$/.test(values.brokers)) return { is: 'wrong', problem: `--brokers ${values.brokers}: expected a number from 1 to ${BROKERS_MAX}` }
  const racks = parseRacks(values.racks)
  if (!racks) return { is: 'wrong', problem: `--racks ${values.racks}: expected names, as in --racks a,b,c` }
  const crossed = crossedPorts(listeners, brokerCount)
  if (crossed !== undefined) return { is: 'wrong', problem: crossed }
  const settings = parseBrokerSettings(values.config)
  if ('problem' in settings) return { is: 'wrong', problem: `--config ${settings.problem}` }
  const containers = values.containers === undefined ? undefined : parseContainerAddress(values.containers)
  if (containers && 'problem' in containers) return { is: 'wrong', problem: `--containers ${containers.problem}` }
  const topics = parseTopics(values.topics)
  if (typeof topics === 'string') return { is: 'wrong', problem: topics }
  const http = values.http === undefined ? undefined : parseListener(values.http)
  if (http && 'problem' in http) return { is: 'wrong', problem: `--http ${values.http}: expected an address of this machine only, as in --http 127.0.0.1:8080` }
  const own = http && http.port !== 0 ? listeners.find(({ port }) => port <= http.port && http.port < port + brokerCount && port !== 0) : undefined
  if (own) return { is: 'wrong', problem: `--http ${values.http}: the ${brokerCount === 1 ? 'broker has that port' : `${brokerCount} brokers have the ports ${own.port} to ${own.port + brokerCount - 1}`}: choose another` }
  if (values.log !== 'text' && values.log !== 'json') return { is: 'wrong', problem: `--log ${values.log}: text or json` }
  return {
    is: 'serve',
    options: {
      listeners,
      dataFolder: values.data,
      http: http && { host: http.hosts[0] ?? '127.0.0.1', port: http.port },
      topics,
      logFormat: values.log,
      readyFile: values['ready-file'],
      config: settings.config,
      durableAcks: values['durable-acks'],
      containers,
      brokerCount,
      racks,
    },
  }
}

/** `--containers` may stand alone: the next word is its value only when it is no option. */
function withDefault(word: string, at: number, argv: readonly string[]): string {
  return word === '--containers' && (argv[at + 1] ?? '-').startsWith('-') ? '--containers=' : word
}

/** Names with commas between them, and perhaps one at the end; undefined where one is missing. */
function parseRacks(text: string | undefined): readonly string[] | undefined {
  const racks = text?.replace(/,\s*$/, '').split(',').map(rack => rack.trim()) ?? []
  return racks.includes('') ? undefined : racks
}

/** Each broker takes the port after the one before it, on every listener: those must lie far enough apart. */
function crossedPorts(listeners: readonly ListenerAddress[], brokerCount: number): string | undefined {
  const ports = listeners.map(({ port }) => port).filter(port => port !== 0).sort((a, b) => a - b)
  const near = ports.find((port, at) => at > 0 && port - (ports[at - 1] ?? 0) < brokerCount && brokerCount > 1)
  if (near !== undefined) return `--listen ports must be at least ${brokerCount} apart for ${brokerCount} brokers: each broker takes the next port`
  const last = ports.at(-1) ?? 0
  return last + brokerCount - 1 > PORT_MAX ? `--listen: ${brokerCount} brokers need the ports ${last} to ${last + brokerCount - 1}, and ${PORT_MAX} is the last there is` : undefined
}

function parseTopics(text: string | undefined): ServeArguments['topics'] | string {
  const topics: { name: string; partitionCount: number }[] = []
  for (const part of text?.split(',').filter(word => word !== '') ?? []) {
    const match = /^(.+?)(?::(\d{1,5}))?$/.exec(part)
    const name = match?.[1] ?? ''
    if (name.includes(':')) return `--topics ${part}: expected names and partitions, as in --topics orders:3,payments:1`
    const problem = topicNameProblem(name)
    if (problem !== undefined) return `--topics ${part}: ${problem}`
    topics.push({ name, partitionCount: Number(match?.[2] ?? 1) })
  }
  return topics
}

function parseImport(argv: string[]): Command {
  const { values, positionals } = parseArgs({ args: argv, options: { data: { type: 'string' } }, allowPositionals: true })
  const [source, ...more] = positionals
  if (source === undefined || more.length > 0) return { is: 'wrong', problem: 'import takes one folder: the log directory that Kafka wrote' }
  return { is: 'import', options: { source, dataFolder: values.data } }
}
