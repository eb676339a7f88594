/** What to copy for Compose, docker run, WSL and Testcontainers. */

import { expect, test } from 'vitest'
import { containerSnippets } from '../../../../../renderer/features/settings/container-snippets.ts'

const of = (host: string) => Object.fromEntries(
  containerSnippets({ host, port: 29_092, localAddress: '127.0.0.1:9092' }).map(({ id, blocks }) => [id, blocks.map(({ code }) => code).join('\n')]),
)

test('a name is mapped to the gateway wherever a container would not know it', () => {
  const { compose, docker, wsl, testcontainers } = of('host.docker.internal')
  expect(compose).toContain('KAFKA_BOOTSTRAP_SERVERS: "host.docker.internal:29092"\n    extra_hosts:\n      - "host.docker.internal:host-gateway"\n')
  expect(docker).toContain('--add-host host.docker.internal:host-gateway edenhill/kcat:1.7.1 -b host.docker.internal:29092 -L')
  expect(wsl).toContain('cut -d\' \' -f3) host.docker.internal" | sudo tee -a /etc/hosts')
  expect(wsl).toContain('networkingMode=mirrored')
  expect(testcontainers).toContain('.withExtraHost("host.docker.internal", "host-gateway")')
})

test('an address needs no name, and IPv6 stands in brackets', () => {
  const { compose, docker, testcontainers } = of('fd00::1')
  expect(compose).toMatch(/SERVERS: "\[fd00::1\]:29092"\n$/)
  expect(docker).toBe('docker run --rm edenhill/kcat:1.7.1 -b [fd00::1]:29092 -L\n')
  expect(testcontainers).not.toContain('withExtraHost')
})

test('the name of Testcontainers itself goes with its exposed ports', () => {
  expect(of('host.testcontainers.internal').testcontainers).toMatch(/^Testcontainers\.exposeHostPorts\(29092\);\n[^]*"host\.testcontainers\.internal:29092"/)
})
