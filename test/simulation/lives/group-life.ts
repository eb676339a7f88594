/** A group whose members come and go while its coordinator stops, dies and comes back: generations, shares and commits hold. */

import { createTopics } from '../../../core/protocol/apis/index.ts'
import { BrokerHost } from '../broker-host.ts'
import { SimulatedClient } from '../client.ts'
import { GroupModel } from '../group-model.ts'
import { Member } from '../members.ts'
import type { World } from '../world.ts'

const TOPIC = 'orders'

export async function groupLife(world: World): Promise<void> {
  const { random } = world
  const host = new BrokerHost(world)
  const models = Array.from({ length: 1 + random.below(2) }, (_, index) => new GroupModel(`group${index}`, { topic: TOPIC, partitionCount: 1 + random.below(5), hasDurableAcks: host.hasDurableAcks }))
  host.onEnd = ending => {
    for (const model of models) model.ended(ending)
  }
  await host.start()
  await createTopic(world, host)
  const state = { isOver: false }
  const members = models.flatMap((model, at) => Array.from({ length: 1 + random.below(3) }, (_, index) => new Member(`member${at}.${index}`, world, host.network, model)))
  const actors = members.map(member => world.spawn(async () => {
    while (!state.isOver) await member.turn(() => state.isOver)
  }))
  await fate(world, host)
  state.isOver = true
  await Promise.all(actors)
  for (const member of members) member.close()
  await host.broker?.recovered
  await checkCommits(world, host, models)
  await host.stop()
  await host.start()
  await host.broker?.recovered
  await checkCommits(world, host, models)
  await host.stop()
}

async function createTopic(world: World, host: BrokerHost): Promise<void> {
  const admin = new SimulatedClient('admin', world, host.network)
  const topic = { name: TOPIC, numPartitions: 5, replicationFactor: 1, assignments: [], configs: [] }
  const isThere = (): boolean => host.broker?.topics.get(TOPIC) !== undefined
  while (!isThere()) await admin.ask(createTopics, 5, { topics: [topic] })
  admin.close()
}

async function fate(world: World, host: BrokerHost): Promise<void> {
  const { random } = world
  for (let round = 0, rounds = 3 + random.below(5); round < rounds; round++) {
    await world.sleep(500 + random.below(12_000))
    const dice = random.below(10)
    if (dice < 2) host.network.cutOne()
    else if (dice < 5) await host.crash('process')
    else if (dice < 7) await host.crash('power')
    else if (dice < 9) await host.stop()
    if (host.isServing) continue
    await world.sleep(random.below(2000))
    await host.start()
  }
}

/** Asks the coordinator itself what it has, without a client. */
async function checkCommits(world: World, host: BrokerHost, models: readonly GroupModel[]): Promise<void> {
  for (const model of models) {
    for (const partition of model.partitions) {
      const asked = model.asking(partition)
      const answer = host.broker?.node().groups.fetchOffsets({ groupId: model.groupId, topics: [{ topic: TOPIC, partitions: [partition] }] })
      const offset = answer?.topics[0]?.partitions[0]?.offset
      world.note(`${model.groupId} has ${offset} for ${partition}: ${answer?.error}`)
      if (answer?.error === 'NONE' && offset !== undefined) model.found(partition, offset, asked)
    }
  }
}
