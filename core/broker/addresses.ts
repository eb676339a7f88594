/** Listener addresses: where to bind and what to tell clients. `HOST:PORT[=ADVERTISED_HOST[:PORT]]`. */

export type ListenerAddress = {
  /** Hosts to bind, all on one port: both loopback families, or the one that was named. */
  readonly hosts: readonly string[]
  /** 0: any free port. */
  readonly port: number
  readonly advertisedHost: string
  /** undefined: the port that was bound. */
  readonly advertisedPort?: number
}

/** What a client is told to connect to. */
export type Advertised = { readonly host: string; readonly port: number }

export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1']
export const DEFAULT_PORT = 9092

export function loopbackListener(port: number): ListenerAddress {
  return { hosts: LOOPBACK_HOSTS, port, advertisedHost: '127.0.0.1' }
}

/** Reads a `--listen` value; an object with `problem` says what is wrong and the line to use instead. */
export function parseListener(text: string): ListenerAddress | { readonly problem: string } {
  const [bind = '', advertised] = text.split('=', 2)
  const at = splitHostPort(bind)
  if (!at || at.port === undefined) return { problem: `--listen ${text}: expected HOST:PORT, as in --listen 127.0.0.1:9092 (an IPv6 host in brackets: [::1]:9092)` }
  const { host, port } = at
  if (advertised === undefined) {
    if (isWildcard(host)) {
      return { problem: `--listen ${text}: clients cannot connect to a wildcard address; add the name they reach this machine by: --listen ${text}=HOSTNAME` }
    }
    if (host === 'localhost') return { hosts: LOOPBACK_HOSTS, port, advertisedHost: 'localhost' }
    return { hosts: [host], port, advertisedHost: host }
  }
  const shown = splitHostPort(advertised)
  if (!shown || shown.host === '' || isWildcard(shown.host)) return { problem: `--listen ${text}: after = comes the host (and port) that clients connect to, as in --listen ${bind}=broker.local:9092` }
  return {
    hosts: host === 'localhost' ? LOOPBACK_HOSTS : [host],
    port,
    advertisedHost: shown.host,
    ...(shown.port === undefined ? {} : { advertisedPort: shown.port }),
  }
}

/** host:port as people write it, IPv6 in brackets. */
export function printAddress({ host, port }: Advertised): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::' || host === '*'
}

function splitHostPort(text: string): { host: string; port?: number } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const host = match[1] ?? match[2] ?? ''
  if (match[3] === undefined) return { host }
  const port = Number(match[3])
  return port <= 65_535 ? { host, port } : undefined
}
