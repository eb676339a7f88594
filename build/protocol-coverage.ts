/** Writes docs/protocol-coverage.md: which APIs of Kafka we have, from the list that dispatch reads. Run: node build/protocol-coverage.ts */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { handlers } from '../core/broker/handlers/index.ts'
import type { Api } from '../core/protocol/schema.ts'

/** What a broker of Kafka 4.3 says it has on a client's listener: key, name, versions in its ApiVersions answer. */
export const kafka43: readonly (readonly [key: number, name: string, versions: string])[] = [
  [0, 'Produce', '0-13'],
  [1, 'Fetch', '4-18'],
  [2, 'ListOffsets', '1-11'],
  [3, 'Metadata', '0-13'],
  [8, 'OffsetCommit', '2-10'],
  [9, 'OffsetFetch', '1-10'],
  [10, 'FindCoordinator', '0-6'],
  [11, 'JoinGroup', '0-9'],
  [12, 'Heartbeat', '0-4'],
  [13, 'LeaveGroup', '0-5'],
  [14, 'SyncGroup', '0-5'],
  [15, 'DescribeGroups', '0-6'],
  [16, 'ListGroups', '0-5'],
  [17, 'SaslHandshake', '0-1'],
  [18, 'ApiVersions', '0-4'],
  [19, 'CreateTopics', '2-7'],
  [20, 'DeleteTopics', '1-6'],
  [21, 'DeleteRecords', '0-2'],
  [22, 'InitProducerId', '0-5'],
  [23, 'OffsetForLeaderEpoch', '2-4'],
  [24, 'AddPartitionsToTxn', '0-5'],
  [25, 'AddOffsetsToTxn', '0-4'],
  [26, 'EndTxn', '0-5'],
  [27, 'WriteTxnMarkers', '1-2'],
  [28, 'TxnOffsetCommit', '0-5'],
  [29, 'DescribeAcls', '1-3'],
  [30, 'CreateAcls', '1-3'],
  [31, 'DeleteAcls', '1-3'],
  [32, 'DescribeConfigs', '1-4'],
  [33, 'AlterConfigs', '0-2'],
  [34, 'AlterReplicaLogDirs', '1-2'],
  [35, 'DescribeLogDirs', '1-5'],
  [36, 'SaslAuthenticate', '0-2'],
  [37, 'CreatePartitions', '0-3'],
  [38, 'CreateDelegationToken', '1-3'],
  [39, 'RenewDelegationToken', '1-2'],
  [40, 'ExpireDelegationToken', '1-2'],
  [41, 'DescribeDelegationToken', '1-3'],
  [42, 'DeleteGroups', '0-2'],
  [43, 'ElectLeaders', '0-2'],
  [44, 'IncrementalAlterConfigs', '0-1'],
  [45, 'AlterPartitionReassignments', '0-1'],
  [46, 'ListPartitionReassignments', '0'],
  [47, 'OffsetDelete', '0'],
  [48, 'DescribeClientQuotas', '0-1'],
  [49, 'AlterClientQuotas', '0-1'],
  [50, 'DescribeUserScramCredentials', '0'],
  [51, 'AlterUserScramCredentials', '0'],
  [55, 'DescribeQuorum', '0-2'],
  [57, 'UpdateFeatures', '0-2'],
  [60, 'DescribeCluster', '0-2'],
  [61, 'DescribeProducers', '0'],
  [64, 'UnregisterBroker', '0'],
  [65, 'DescribeTransactions', '0'],
  [66, 'ListTransactions', '0-2'],
  [68, 'ConsumerGroupHeartbeat', '0-1'],
  [69, 'ConsumerGroupDescribe', '0-1'],
  [71, 'GetTelemetrySubscriptions', '0'],
  [72, 'PushTelemetry', '0'],
  [74, 'ListConfigResources', '0-1'],
  [75, 'DescribeTopicPartitions', '0'],
  [76, 'ShareGroupHeartbeat', '1'],
  [77, 'ShareGroupDescribe', '1'],
  [78, 'ShareFetch', '1-2'],
  [79, 'ShareAcknowledge', '1-2'],
  [80, 'AddRaftVoter', '0-1'],
  [81, 'RemoveRaftVoter', '0'],
  [83, 'InitializeShareGroupState', '0'],
  [84, 'ReadShareGroupState', '0'],
  [85, 'WriteShareGroupState', '0-1'],
  [86, 'DeleteShareGroupState', '0'],
  [87, 'ReadShareGroupStateSummary', '0-1'],
  [88, 'StreamsGroupHeartbeat', '0'],
  [89, 'StreamsGroupDescribe', '0'],
  [90, 'DescribeShareGroupOffsets', '0-1'],
  [91, 'AlterShareGroupOffsets', '0'],
  [92, 'DeleteShareGroupOffsets', '0'],
]

/** Where each API of ours is shown at work over a socket: files below test/, with the keys of the APIs. */
export const shownIn: readonly (readonly [file: string, keys: readonly number[]])[] = [
  ['unit/broker/produce-fetch.test.ts', [0, 23]],
  ['unit/broker/fetch-sessions.test.ts', [1]],
  ['unit/broker/topics.test.ts', [3, 19, 20, 37]],
  ['unit/groups/apis.test.ts', [8, 9, 10, 11, 12, 13, 14, 15, 16, 42]],
  ['unit/broker/features.test.ts', [18]],
  ['unit/broker/delete-records.test.ts', [2, 21]],
  ['unit/transactions/apis.test.ts', [22, 24, 25, 26, 65, 66]],
  ['unit/broker/transactions-markers.test.ts', [27, 61]],
  ['unit/broker/transactions-produce.test.ts', [28]],
  ['unit/broker/no-security.test.ts', [29, 30, 31, 38, 39, 40, 41]],
  ['unit/broker/configs-alter.test.ts', [32, 33, 44, 74]],
  ['unit/broker/log-dirs.test.ts', [34, 35]],
  ['unit/broker/cluster-moves.test.ts', [43, 45, 46]],
  ['unit/groups/offset-delete.test.ts', [47]],
  ['unit/broker/client-quotas.test.ts', [48, 49]],
  ['unit/broker/scram-credentials.test.ts', [50, 51]],
  ['unit/broker/update-features.test.ts', [55, 57, 64]],
  ['unit/broker/cluster.test.ts', [60]],
  ['unit/groups/consumer-apis.test.ts', [68, 69]],
  ['unit/broker/topic-partitions.test.ts', [75]],
]

export const coverageFile = fileURLToPath(new URL('../docs/protocol-coverage.md', import.meta.url))

/** The file of an API's schema and of its handler, without its folder: '02-list-offsets.ts'. */
export function apiFileName(api: Api): string {
  return `${String(api.key).padStart(2, '0')}-${api.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.ts`
}

/** Versions as ApiVersions says them: '0-13', or '0' for one. */
export function advertised(api: Api): string {
  return api.advertisedMinVersion === api.maxVersion ? String(api.maxVersion) : `${api.advertisedMinVersion}-${api.maxVersion}`
}

const apis: readonly Api[] = handlers.map(({ api }) => api)

/** The whole file. */
export function coverage(): string {
  const ours = new Map(apis.map(api => [api.key, api]))
  const all = kafka43.map(([key, name, versions]) => row(key, name, versions, ours.get(key)))
  return [
    '# Protocol coverage',
    '',
    `Written by \`build/protocol-coverage.ts\` from \`core/broker/handlers/index.ts\`, the list that dispatch and the ApiVersions answer`,
    `read. ${apis.length} of the ${kafka43.length} APIs that a broker of Kafka 4.3 offers its clients. What an API of ours leaves out is in`,
    '[differences.md](differences.md).',
    '',
    'Every schema is compared with Kafka\'s own definition field by field ([conformance](../test/protocol/conformance.test.ts)), written and',
    'read back ([round trip](../test/protocol/round-trip.test.ts)), cut short and disturbed ([hostile](../test/protocol/hostile.test.ts)), at',
    'every version; some are compared byte by byte ([golden](../test/protocol/golden.test.ts)). The test of a row asks for that API over a',
    'socket; what it is answered is held against Apache Kafka 4.3.1 by [scripts of requests](../test/clients/conformance.test.ts).',
    '',
    '| key | API | Kafka 4.3 | ours | flexible | schema | test |',
    '|---|---|---|---|---|---|---|',
    ...all,
    '',
    'Kafka and we advertise Produce from 0 and answer it from 3: released librdkafka reads features off the old range (KAFKA-18659).',
    '',
  ].join('\n')
}

function row(key: number, name: string, versions: string, api: Api | undefined): string {
  if (!api) return `| ${key} | ${name} | ${versions} | - | | | |`
  const flexible = Number.isFinite(api.flexibleFrom) ? `${api.flexibleFrom}+` : 'none'
  const file = apiFileName(api)
  return `| ${key} | ${name} | ${versions} | ${advertised(api)} | ${flexible} | [${file}](../core/protocol/apis/${file}) | ${testsOf(key)} |`
}

function testsOf(key: number): string {
  return shownIn.filter(([, keys]) => keys.includes(key)).map(([file]) => `[${file.split('/').at(-1)?.replace('.test.ts', '')}](../test/${file})`).join(', ')
}

/** Whether the committed file says what the code says. */
export function isCurrent(): boolean {
  return readFileSync(coverageFile, 'utf8') === coverage()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(coverageFile, coverage())
