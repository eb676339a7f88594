/** What clients ask first: ApiVersions, Metadata, DescribeCluster, FindCoordinator, and frames that are no requests. */

import { apiVersions, describeCluster, electLeaders, alterPartitionReassignments, findCoordinator, listPartitionReassignments, metadata } from '../../core/protocol/apis/index.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { requestHeader } from '../support/clients-frames.ts'
import { type Probe, probe, UNKNOWN_ID, versionsOf } from './probe.ts'

export const probeCluster = (port: number) => probe(port, makeTopics, versions, frames, topics, autoCreated, brokers, coordinators, replicas)

async function makeTopics(of: Probe): Promise<void> {
  of.name((await of.know(describeCluster, 0, {})).clusterId, 'the cluster')
  await of.createTopic('alpha', 3)
  await of.createTopic('be.ta')
  await of.coordinated(0, 'g')
  await of.coordinated(1, 't')
  for (const name of ['__consumer_offsets', '__transaction_state']) await of.learn(name, 50)
}

async function versions(of: Probe): Promise<void> {
  const names = ['raw', 'a', 'a-b.c', '', ' ', '-a', 'a-', 'ä', 'a b', 'a_b', 'x'.repeat(300)]
  for (const version of versionsOf(apiVersions)) {
    for (const name of version < 3 ? ['raw'] : names) {
      for (const other of version < 3 ? ['1'] : ['1.0', '', '.1', 'x+y']) {
        await of.ask(`as '${name}' of '${other}'`, apiVersions, version, { clientSoftwareName: name, clientSoftwareVersion: other }, ({ errorCode, apiKeys }) => (
          { errorCode, apis: Object.fromEntries(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, `${minVersion} to ${maxVersion}`])) }))
      }
    }
  }
}

function framed(body: Buffer, size = body.length): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(size)
  return Buffer.concat([head, body])
}

async function frames(of: Probe): Promise<void> {
  for (const version of [5, 99, 32_767, -1]) await of.raw(`ApiVersions of version ${version}`, framed(requestHeader(18, version, 7)))
  for (const key of [-1, 4, 5, 6, 7, 52, 56, 58, 62, 63, 67, 70, 73, 99, 32_767]) await of.raw(`key ${key}`, framed(requestHeader(key, 0, 7)))
  for (const [key, version] of [[0, 0], [0, 2], [0, 14], [1, 3], [1, 19], [3, 14], [2, 0], [8, 1], [9, 0], [19, 1], [60, 3], [75, 1], [68, 2]] as const) {
    await of.raw(`version ${version} of key ${key}`, framed(Buffer.concat([requestHeader(key, version, 7), Buffer.alloc(40)])))
  }
  await of.raw('a size of -1', framed(Buffer.alloc(0), -1))
  await of.raw('a size of 2^31 - 1', framed(Buffer.alloc(0), 0x7fffffff))
  await of.raw('a size beyond what is taken', framed(Buffer.alloc(0), 104_857_601))
  await of.raw('a size of 0', framed(Buffer.alloc(0)))
  await of.raw('half a header', framed(Buffer.alloc(5)))
  await of.raw('Metadata without a body', framed(requestHeader(3, 1, 7)))
  await of.raw('Metadata of a negative count', framed(Buffer.concat([requestHeader(3, 1, 7), Buffer.from('fffffffe', 'hex')])))
  await of.raw('Metadata of more topics than there are bytes', framed(Buffer.concat([requestHeader(3, 1, 7), Buffer.from('000000ff0001', 'hex')])))
  await of.raw('Metadata of a name of a negative length', framed(Buffer.concat([requestHeader(3, 1, 7), Buffer.from('00000001fffe', 'hex')])))
  await of.raw('Metadata of a name that is null', framed(Buffer.concat([requestHeader(3, 1, 7), Buffer.from('00000001ffff', 'hex')])))
  await of.raw('ApiVersions with bytes behind it', framed(Buffer.concat([requestHeader(18, 0, 7), Buffer.from('00', 'hex')])), )
  await of.raw('a client without a name', framed(Buffer.from('00120005000000070000', 'hex')))
  await of.raw('a client whose name is null', framed(Buffer.from('0012000500000007ffff', 'hex')))
  await of.raw('a name longer than the frame', framed(Buffer.from('00120000000000077fff', 'hex')))
}

async function topics(of: Probe): Promise<void> {
  for (const version of versionsOf(metadata)) {
    const options = {
      allowAutoTopicCreation: version < 4, ...(version >= 8 && { includeTopicAuthorizedOperations: true }), ...(version >= 8 && version <= 10 && { includeClusterAuthorizedOperations: true }),
    }
    const named = (...names: (string | null)[]) => ({ topics: names.map(name => ({ name, topicId: ZERO_UUID })), ...options })
    await of.ask('all', metadata, version, { ...options, topics: version === 0 ? [] : null })
    if (version > 0) await of.ask('none', metadata, version, named())
    await of.ask('both', metadata, version, named('alpha', 'be.ta'))
    await of.ask('one twice', metadata, version, named('alpha', 'alpha'))
    await of.ask('illegal names', metadata, version, named('a b', '.', '..', '', 'x'.repeat(250), 'alpha'))
    await of.ask('topics of coordinators', metadata, version, named('__consumer_offsets', '__transaction_state'))
    if (version < 4) continue
    await of.ask('unknown', metadata, version, named('nowhere', 'alpha'))
    await of.ask('without the operations', metadata, version, { topics: [{ name: 'alpha', topicId: ZERO_UUID }], allowAutoTopicCreation: false })
    if (version < 10) continue
    await of.ask('no name and no id', metadata, version, named(null))
    await of.ask('by id', metadata, version, { ...options, topics: [{ name: null, topicId: of.id('alpha') }] })
    await of.ask('by an unknown id', metadata, version, { ...options, topics: [{ name: null, topicId: UNKNOWN_ID }, { name: null, topicId: of.id('alpha') }] })
    await of.ask('by id and by name', metadata, version, { ...options, topics: [{ name: null, topicId: of.id('alpha') }, { name: 'be.ta', topicId: ZERO_UUID }] })
    await of.ask('by an id with a name', metadata, version, { ...options, topics: [{ name: 'be.ta', topicId: of.id('alpha') }] })
  }
}

async function autoCreated(of: Probe): Promise<void> {
  for (const version of [0, 3, 4, 9, 13]) {
    const request = { topics: [{ name: `made-${version}`, topicId: ZERO_UUID }], allowAutoTopicCreation: true }
    await of.ask('a topic that is made', metadata, version, request, ({ topics: made }) => made.map(({ errorCode, name }) => ({ errorCode, name })))
    await of.learn(`made-${version}`, 1)
    await of.ask('a topic that was made', metadata, version, request)
  }
  await of.ask('a name that collides', metadata, 9, { topics: [{ name: 'be_ta', topicId: ZERO_UUID }], allowAutoTopicCreation: true }, ({ topics: made }) => made)
}

async function brokers(of: Probe): Promise<void> {
  for (const version of versionsOf(describeCluster)) {
    for (const includeClusterAuthorizedOperations of [false, true]) {
      for (const endpointType of version === 0 ? [1] : [1, 2, 0, 3, -1]) {
        await of.ask(`endpoints of type ${endpointType}, operations ${includeClusterAuthorizedOperations}`, describeCluster, version, { includeClusterAuthorizedOperations, endpointType, ...(version >= 2 && { includeFencedBrokers: true }) })
      }
    }
  }
}

async function coordinators(of: Probe): Promise<void> {
  for (const version of versionsOf(findCoordinator)) {
    for (const keyType of version === 0 ? [0] : [0, 1, 2, 3, -1]) {
      for (const keys of [['g'], ['t'], [''], ['ü'], ['x'.repeat(300)]]) {
        await of.ask(`'${keys.join()}' of type ${keyType}`, findCoordinator, version, { key: keys[0] ?? '', keyType, coordinatorKeys: keys })
      }
      if (version >= 4) for (const keys of [[], ['g', 'g', 't', '']]) await of.ask(`${keys.length} of type ${keyType}`, findCoordinator, version, { keyType, coordinatorKeys: keys })
    }
  }
}

async function replicas(of: Probe): Promise<void> {
  for (const version of versionsOf(electLeaders)) {
    for (const electionType of version === 0 ? [0] : [0, 1, 2, -1]) {
      const elect = (step: string, topicPartitions: { topic: string; partitions: number[] }[] | null): Promise<unknown> => (
        of.ask(`${step} by ${electionType}`, electLeaders, version, { electionType, topicPartitions, timeoutMs: 5000 }))
      await elect('no leaders elected', [])
      await elect('leaders elected', [{ topic: 'alpha', partitions: [0, 2, 9, -1] }, { topic: 'nowhere', partitions: [0] }, { topic: 'be.ta', partitions: [] }])
      await elect('one twice', [{ topic: 'alpha', partitions: [0, 0] }])
      await elect('all', null)
    }
  }
  for (const version of versionsOf(alterPartitionReassignments)) {
    const move = (step: string, name: string, ...partitions: [number, number[] | null][]): Promise<unknown> => of.ask(step, alterPartitionReassignments, version, {
      timeoutMs: 5000, topics: [{ name, partitions: partitions.map(([partitionIndex, to]) => ({ partitionIndex, replicas: to })) }], ...(version >= 1 && { allowReplicationFactorChange: true }),
    })
    await move('to where it is', 'alpha', [0, [1]])
    await move('to a broker there is not', 'alpha', [0, [2]], [1, [1]])
    await move('to no broker', 'alpha', [0, []])
    await move('to one broker twice', 'alpha', [0, [1, 1]])
    await move('to a negative broker', 'alpha', [0, [-1]])
    await move('cancelled', 'alpha', [0, null], [9, null])
    await move('of no topic', 'nowhere', [0, [1]], [1, null])
    await move('of a partition there is not', 'alpha', [9, [1]], [-1, [1]])
    await move('of nothing', 'alpha')
    await of.ask('none', alterPartitionReassignments, version, { timeoutMs: 5000, topics: [] })
  }
  await of.ask('all', listPartitionReassignments, 0, { timeoutMs: 5000, topics: null })
  await of.ask('none', listPartitionReassignments, 0, { timeoutMs: 5000, topics: [] })
  await of.ask('some', listPartitionReassignments, 0, { timeoutMs: 5000, topics: [{ name: 'alpha', partitionIndexes: [0, 9] }, { name: 'nowhere', partitionIndexes: [0] }] })
}
