/** What to copy for clients in Docker, WSL and Testcontainers, with the names and ports of the moment. Pure. */

export type ContainerSnippet = {
  readonly id: 'compose' | 'docker' | 'wsl' | 'testcontainers'
  readonly label: string
  readonly blocks: readonly { readonly title: string; readonly note: string; readonly code: string }[]
}

type Names = {
  /** What containers are told. */
  readonly host: string
  readonly port: number
  /** For programs of this machine. */
  readonly localAddress: string
}

/** The name that Docker Desktop gives this machine. */
const DOCKER_HOST = 'host.docker.internal'
/** The name that Testcontainers gives this machine. */
const TESTCONTAINERS_HOST = 'host.testcontainers.internal'

export function containerSnippets(names: Names): readonly ContainerSnippet[] {
  return [
    { id: 'compose', label: 'Compose', blocks: [compose(names)] },
    { id: 'docker', label: 'docker run', blocks: [dockerRun(names)] },
    { id: 'wsl', label: 'WSL', blocks: wsl(names) },
    { id: 'testcontainers', label: 'Testcontainers', blocks: testcontainers(names) },
  ]
}

/** An address needs no name; brackets and colons are IPv6. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host)
}

function at({ host, port }: Names): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function compose(names: Names): ContainerSnippet['blocks'][number] {
  const extra = isAddress(names.host) ? '' : `    extra_hosts:
      - "${names.host}:host-gateway"
`
  return {
    title: 'compose.yaml',
    note: isAddress(names.host) ? 'The address needs no name.' : composeNote(names.host),
    code: `services:
  app:
    image: your-app
    environment:
      KAFKA_BOOTSTRAP_SERVERS: "${at(names)}"
${extra}`,
  }
}

function composeNote(host: string): string {
  return host === DOCKER_HOST ? 'extra_hosts gives this machine its name on Linux; Docker Desktop has it already.' : 'extra_hosts gives this machine its name.'
}

function dockerRun(names: Names): ContainerSnippet['blocks'][number] {
  const extra = isAddress(names.host) ? '' : `--add-host ${names.host}:host-gateway `
  return { title: 'shell', note: 'Lists brokers and topics from inside a container.', code: `docker run --rm ${extra}edenhill/kcat:1.7.1 -b ${at(names)} -L\n` }
}

function wsl(names: Names): ContainerSnippet['blocks'] {
  return [
    {
      title: 'shell (NAT, the default)',
      note: 'Millrace in Windows, the client in WSL: Windows is the gateway. Its address changes with each start of WSL. Windows asks once whether its firewall may let clients in.',
      code: isAddress(names.host)
        ? `kcat -b ${at(names)} -L\n`
        : `echo "$(ip route show default | cut -d' ' -f3) ${names.host}" | sudo tee -a /etc/hosts
kcat -b ${at(names)} -L
`,
    },
    {
      title: '%UserProfile%\\.wslconfig (mirrored)',
      note: `With mirrored networking WSL and Windows share the loopback: clients use ${names.localAddress}, and this switch can stay off.`,
      code: `[wsl2]
networkingMode=mirrored
`,
    },
  ]
}

function testcontainers(names: Names): ContainerSnippet['blocks'] {
  if (names.host === TESTCONTAINERS_HOST) {
    return [{
      title: 'Java',
      note: 'Before the first container starts. It goes through the loopback; the name is what the broker tells.',
      code: `Testcontainers.exposeHostPorts(${names.port});
var app = new GenericContainer<>("your-app")
    .withEnv("KAFKA_BOOTSTRAP_SERVERS", "${at(names)}");
`,
    }]
  }
  const extra = isAddress(names.host) ? '' : `    .withExtraHost("${names.host}", "host-gateway")\n`
  return [{
    title: 'Java',
    note: `For Testcontainers.exposeHostPorts choose ${TESTCONTAINERS_HOST} as the name above: clients connect to what the broker tells them, not to where they asked first.`,
    code: `var app = new GenericContainer<>("your-app")
${extra}    .withEnv("KAFKA_BOOTSTRAP_SERVERS", "${at(names)}");
`,
  }]
}
