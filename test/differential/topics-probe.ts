/** Topics made, grown and deleted, records deleted: CreateTopics, CreatePartitions, DeleteTopics, DeleteRecords, DescribeConfigs of old versions. */

import { setTimeout as pause } from 'node:timers/promises'
import { alterConfigs, createPartitions, createTopics, deleteRecords, deleteTopics, describeConfigs, incrementalAlterConfigs, metadata, produce } from '../../core/protocol/apis/index.ts'
import type { RequestToSend } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { type Probe, probe, UNKNOWN_ID, versionsOf } from './probe.ts'

export const probeTopics = (port: number) => probe(port, created, grown, deleted, trimmed, configs)

type Wanted = RequestToSend<typeof createTopics>['topics'][number]

function wanted(name: string, more: Partial<Wanted> = {}): Wanted {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
}

const config = (name: string, value: string | null): Partial<Wanted> => ({ configs: [{ name, value }] })
const assigned = (...of: [number, number[]][]): Partial<Wanted> => ({ numPartitions: -1, replicationFactor: -1, assignments: of.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })) })

const refused: readonly Wanted[] = [
  ...['', '.', '..', 'a b', 'ä', 'x'.repeat(249), 'x'.repeat(250), 'be_ta', '__consumer_offsets', '__transaction_state', '__cluster_metadata'].map(name => wanted(name)),
  ...[0, -1, -2, -2_147_483_648, 10_001].map(numPartitions => wanted(`partitions${numPartitions}`, { numPartitions })),
  ...[0, -1, -2, 2, 3, 32_767].map(replicationFactor => wanted(`factor${replicationFactor}`, { replicationFactor })),
  wanted('no-such', config('no.such', '1')), wanted('bad', config('retention.ms', 'x')), wanted('low', config('segment.bytes', '1')), wanted('null', config('retention.ms', null)),
  wanted('empty', config('retention.ms', '')), wanted('policies', config('cleanup.policy', 'delete,compact')), wanted('policy', config('cleanup.policy', 'burn')),
  wanted('none', config('cleanup.policy', '')), wanted('codec', config('compression.type', 'lzo')), wanted('long', config('retention.ms', '-1')), wanted('shorter', config('retention.ms', '-2')),
  wanted('twice', { configs: [{ name: 'retention.ms', value: '1' }, { name: 'retention.ms', value: '2' }] }), wanted('insync', config('min.insync.replicas', '0')),
  wanted('lags', { configs: [{ name: 'min.compaction.lag.ms', value: '10' }, { name: 'max.compaction.lag.ms', value: '5' }] }), wanted('no-name', config('', '1')),
  wanted('remote', config('remote.storage.enable', 'true')), wanted('spaces', config('retention.ms', ' 5 ')), wanted('valued', config('preallocate', 'yes')),
  wanted('assigned', assigned([0, [1]], [1, [1]])), wanted('gap', assigned([0, [1]], [2, [1]])), wanted('from-one', assigned([1, [1]])), wanted('no-broker', assigned([0, []])),
  wanted('broker-twice', assigned([0, [1, 1]])), wanted('broker-nowhere', assigned([0, [5]])), wanted('partition-twice', assigned([0, [1]], [0, [1]])), wanted('negative', assigned([-1, [1]])),
  wanted('uneven', assigned([0, [1]], [1, []])), wanted('both', { ...assigned([0, [1]]), numPartitions: 1 }), wanted('both-factor', { ...assigned([0, [1]]), replicationFactor: 1 }),
]

async function created(of: Probe): Promise<void> {
  await of.createTopic('be.ta')
  await of.coordinated(0, 'g')
  await of.coordinated(1, 't')
  for (const version of versionsOf(createTopics)) {
    const ask = async (step: string, topics: readonly Wanted[], validateOnly = false): Promise<void> => {
      await of.ask(step, createTopics, version, { topics: [...topics], timeoutMs: 10_000, validateOnly }, answer => ({
        ...answer,
        topics: answer.topics.map(({ topicId, ...topic }) => ({ ...topic, hasId: topicId !== undefined && topicId !== ZERO_UUID, configs: topic.configs?.map(({ name, value, configSource, readOnly, isSensitive }) => `${name}=${value} ${configSource} ${readOnly} ${isSensitive}`) })),
      }))
    }
    await ask('nothing', [])
    // Versions differ in what they tell of a topic, which 5 and 7 added to.
    for (const topic of [2, 5, 7].includes(version) ? refused : []) await ask(`validated: ${topic.name.slice(0, 20)}${topic.name.length}`, [topic], true)
    await ask('one', [wanted(`good-${version}`, { numPartitions: 2, ...config('retention.ms', '5000') })])
    await ask('the same', [wanted(`good-${version}`)])
    await ask('the same, validated', [wanted(`good-${version}`)], true)
    await ask('one twice, beside another', [wanted('again'), wanted('again'), wanted(`beside-${version}`)])
    await ask('one good, one bad', [wanted(`kept-${version}`), wanted('bad', { numPartitions: 0 })])
    await ask('by assignment', [wanted(`by-hand-${version}`, assigned([1, [1]], [0, [1]]))])
  }
}

async function grown(of: Probe): Promise<void> {
  for (const version of versionsOf(createPartitions)) {
    const name = `grows-${version}`
    await of.createTopic(name, 2)
    const grow = async (step: string, topics: readonly [string, number, number[][]?][], validateOnly = false): Promise<void> => {
      await of.ask(step, createPartitions, version, {
        topics: topics.map(([topic, count, assignments]) => ({ name: topic, count, assignments: assignments?.map(brokerIds => ({ brokerIds })) ?? null })), timeoutMs: 10_000, validateOnly,
      })
    }
    await grow('nothing', [])
    for (const count of [2, 1, 0, -1, 10_003]) await grow(`to ${count}`, [[name, count]], true)
    await grow('unknown', [['nowhere', 3], ['', 3], ['a b', 3]])
    await grow('one twice', [[name, 3], [name, 4], ['nowhere', 3]])
    for (const assignments of [[], [[1]], [[1], [1], [1]], [[1], []], [[2], [1]], [[1, 1], [1]], [[1, 2], [1]], [[-1], [1]]]) await grow(`to 4 at ${JSON.stringify(assignments)}`, [[name, 4, assignments]], true)
    await grow('validated', [[name, 3]], true)
    await grow('by one', [[name, 3]])
    await of.learn(name, 3)
    await grow('by one, at a broker', [[name, 4, [[1]]]])
    await of.learn(name, 4)
    await grow('topics of coordinators', [['__consumer_offsets', 51]], true)
  }
}

async function deleted(of: Probe): Promise<void> {
  for (const version of versionsOf(deleteTopics)) {
    for (const name of [`goes-${version}`, `leaves-${version}`]) await of.createTopic(name)
    const remove = async (step: string, ...topics: ({ readonly name: string } | { readonly id: string } | { readonly name: string; readonly id: string })[]): Promise<void> => {
      const named = topics.map(topic => ({ name: 'name' in topic ? topic.name : null, topicId: 'id' in topic ? topic.id : ZERO_UUID }))
      await of.ask(step, deleteTopics, version, { topics: named, topicNames: named.map(({ name }) => name ?? ''), timeoutMs: 10_000 })
    }
    await remove('none')
    await remove('unknown ones', { name: 'nowhere' }, { name: '' }, { name: 'a b' }, { name: '__cluster_metadata' })
    await remove('one twice', { name: `goes-${version}` }, { name: `goes-${version}` })
    if (version >= 6) {
      await remove('an unknown id', { id: UNKNOWN_ID })
      await remove('neither name nor id', { id: ZERO_UUID })
      await remove('both name and id', { name: `goes-${version}`, id: of.id(`goes-${version}`) })
      await remove('by name and by id', { name: `goes-${version}` }, { id: of.id(`goes-${version}`) })
      await remove('an id twice', { id: UNKNOWN_ID }, { id: UNKNOWN_ID })
      await remove('by id', { id: of.id(`goes-${version}`) })
    } else await remove('one', { name: `goes-${version}` })
    await remove('one, and it again', { name: `goes-${version}` }, { name: `leaves-${version}` })
    await remove('it again', { name: `leaves-${version}` })
    for (;;) {
      const { topics: [topic] } = await of.know(metadata, 9, { topics: [{ name: `leaves-${version}`, topicId: ZERO_UUID }], allowAutoTopicCreation: false })
      if (topic?.errorCode === 3) break
      await pause(20)
    }
  }
}

async function trimmed(of: Probe): Promise<void> {
  for (const version of versionsOf(deleteRecords)) {
    const name = `trimmed-${version}`
    await of.createTopic(name, 2)
    const records = encodeBatch({ records: Array.from({ length: 10 }, () => ({ key: null, value: Buffer.from('v'), timestamp: 1_700_000_000_000 })) })
    await of.know(produce, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name, partitionData: [{ index: 0, records }] }] })
    const trim = async (step: string, ...topics: [string, ...[number, number][]][]): Promise<void> => {
      await of.ask(step, deleteRecords, version, {
        timeoutMs: 5000, topics: topics.map(([topic, ...partitions]) => ({ name: topic, partitions: partitions.map(([partitionIndex, offset]) => ({ partitionIndex, offset: BigInt(offset) })) })),
      })
    }
    await trim('of nothing')
    await trim('of no partitions', [name])
    for (const offset of [0, 3, 2, 3, 11, -2, -1, 10]) await trim(`before ${offset}`, [name, [0, offset]])
    await trim('of an empty one', [name, [1, 0]])
    await trim('of an empty one to its end', [name, [1, -1]])
    await trim('of what is not there', [name, [7, 1], [-1, 1]], ['nowhere', [0, 0]], ['', [0, 0]])
    await trim('of a topic of coordinators', ['__consumer_offsets', [0, 0]])
    await trim('one twice', [name, [1, 0], [1, 5]], [name, [1, 0]])
  }
}

async function configs(of: Probe): Promise<void> {
  const keys = ['retention.ms', 'cleanup.policy', 'no.such']
  const resources = [[2, 'be.ta'], [2, 'nowhere'], [2, ''], [4, '1'], [4, ''], [4, '7'], [4, 'x'], [8, '1'], [16, 'm'], [32, 'g'], [0, 'x'], [99, 'x']] as const
  for (const version of versionsOf(describeConfigs)) {
    for (const [resourceType, resourceName] of resources) {
      const configurationKeys = resourceType === 4 ? ['log.retention.ms', 'node.id', 'no.such'] : resourceType === 8 ? ['no.such'] : keys
      for (const includeSynonyms of [false, true]) {
        await of.ask(`'${resourceName}' of type ${resourceType}, synonyms ${includeSynonyms}`, describeConfigs, version, {
          resources: [{ resourceType, resourceName, configurationKeys }], includeSynonyms, ...(version >= 3 && { includeDocumentation: true }),
        })
      }
    }
    await of.ask('nothing', describeConfigs, version, { resources: [] })
  }
  for (const version of versionsOf(alterConfigs)) {
    for (const [resourceType, resourceName] of resources) {
      await of.ask(`'${resourceName}' of type ${resourceType} validated`, alterConfigs, version, { resources: [{ resourceType, resourceName, configs: [{ name: 'no.such', value: '1' }] }], validateOnly: true })
    }
  }
  for (const version of versionsOf(incrementalAlterConfigs)) {
    for (const [resourceType, resourceName] of resources) {
      // Kafka's controller starts anew after an operation that does not exist: once is enough.
      for (const configOperation of version === 1 && resourceName === 'be.ta' ? [0, 1, 2, 3, 4, -1] : [0, 1, 2, 3]) {
        const change = { name: 'retention.ms', configOperation, value: '5' }
        await of.ask(`'${resourceName}' of type ${resourceType} by ${configOperation} validated`, incrementalAlterConfigs, version, { resources: [{ resourceType, resourceName, configs: [change] }], validateOnly: true })
      }
    }
  }
}
