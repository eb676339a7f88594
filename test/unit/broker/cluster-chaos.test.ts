/** Brokers stop and start, leaders are elected, partitions move, topics come, grow and go, in random order: what must hold does after each step. */

import { expect, onTestFinished, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { type Random, seededRandom } from '../../../core/common/random.ts'
import type { Partition } from '../../../core/broker/partition.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { batch } from '../log/fixture.ts'

const STEPS = 60
const GROUPS = ['a', 'b', 'c', 'd', 'e']

class Chaos {
  readonly #cluster: MemoryBroker
  readonly #random: Random
  readonly #appended = new Map<Partition, number>()
  readonly #epochs = new Map<Partition, number>()
  readonly #committed = new Map<string, number>()
  #nextTopic = 0

  constructor(cluster: MemoryBroker, random: Random) {
    this.#cluster = cluster
    this.#random = random
  }

  async step(): Promise<void> {
    const { broker } = this.#cluster
    const acts: (() => Promise<unknown>)[] = [
      () => broker.cluster.stop(this.#below(3) + 1),
      () => broker.cluster.start(this.#below(3) + 1),
      () => broker.cluster.change(() => broker.cluster.leadership.balance()),
      () => this.#move(),
      () => broker.topics.create({ name: `t${this.#nextTopic++}`, partitionCount: this.#below(3) + 1, configs: {}, replicationFactor: this.#below(3) + 1 }),
      () => broker.topics.grow(`t${this.#below(this.#nextTopic)}`, this.#below(6) + 1),
      () => broker.topics.delete(`t${this.#below(this.#nextTopic)}`),
    ]
    // Two at a time: what one does must stand whatever the other does meanwhile.
    await Promise.all([this.#pick(acts)(), this.#pick(acts)()])
    this.#produce()
    await this.#commit()
  }

  /** Who is up leads what it may, no epoch goes back, no record is lost, and a group is where the leader of its partition is. */
  check(): void {
    const { broker } = this.#cluster
    const { placement } = broker.cluster
    for (const { partitions } of broker.topics.list()) {
      for (const partition of partitions) {
        const { leader, replicas, isr } = partition.standing
        const mayLead = isr.filter(id => placement.isUp(id))
        expect(leader === -1 ? mayLead : mayLead.includes(leader), `${partition.topic}-${partition.index} led by ${leader} of ${replicas.join()}`).toEqual(leader === -1 ? [] : true)
        expect(isr.every(id => replicas.includes(id)) && isr.length > 0).toBe(true)
        if (leader >= 0) expect(replicas.filter(id => placement.isUp(id) && !isr.includes(id))).toEqual([])
        const epoch = partition.facts?.leaderEpoch ?? -1
        expect(epoch).toBeGreaterThanOrEqual(this.#epochs.get(partition) ?? 0)
        this.#epochs.set(partition, epoch)
        if (partition.topic !== '__consumer_offsets') expect(partition.facts?.endOffset).toBe(this.#appended.get(partition) ?? 0)
      }
    }
    for (const groupId of GROUPS) {
      const found = [...broker.parts.nodes.values()].filter(({ groups }) => groups.group(groupId) !== undefined).map(({ id }) => id)
      expect(found.length).toBeLessThanOrEqual(1)
      expect(found.every(id => placement.isUp(id))).toBe(true)
    }
  }

  #produce(): void {
    for (const { record, partitions } of this.#cluster.broker.topics.list()) {
      if (record.isInternal) continue
      for (const partition of partitions) {
        const logs = [1, 2, 3].map(id => partition.logFor(id)).filter(log => log !== undefined)
        expect(logs.length).toBe(partition.leader >= 0 ? 1 : 0)
        if (logs[0]?.append(batch(['x'])).error === 'NONE') this.#appended.set(partition, (this.#appended.get(partition) ?? 0) + 1)
      }
    }
  }

  /** Each group commits where it is coordinated, and finds what it had committed before, wherever that was. */
  async #commit(): Promise<void> {
    const { broker } = this.#cluster
    await broker.parts.offsets.ensure()
    for (const groupId of GROUPS) {
      const offset = this.#below(1000)
      for (const { id, groups } of broker.parts.nodes.values()) {
        if (!broker.cluster.isUp(id)) continue
        await expect.poll(() => groups.fetchOffsets({ groupId, topics: null }).error).not.toBe('COORDINATOR_LOAD_IN_PROGRESS')
        const found = groups.fetchOffsets({ groupId, topics: null })
        if (found.error !== 'NONE') continue
        expect(found.topics[0]?.partitions[0]?.offset).toBe(this.#committed.get(groupId))
        const [topic] = groups.commit({ groupId, memberId: '', generation: -1, instanceId: null, retentionMs: null, canNameMissingGroup: true, topics: [{ topic: '__consumer_offsets', partitions: [{ partition: 0, offset, leaderEpoch: -1, metadata: '' }] }] })
        if (topic?.partitions[0]?.error === 'NONE') this.#committed.set(groupId, offset)
      }
    }
  }

  async #move(): Promise<void> {
    const { cluster, topics } = this.#cluster.broker
    const all = [...topics.list()].flatMap(({ partitions }) => partitions)
    const partition = all[this.#below(all.length)]
    const target = [1, 2, 3].sort(() => this.#below(3) - 1).slice(0, this.#below(3) + 1)
    if (partition) await cluster.change(() => cluster.reassignments.alter(partition, this.#below(5) === 0 ? null : target, { mayChangeFactor: true }))
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  #below(count: number): number {
    return count === 0 ? 0 : this.#random.bytes(4).readUInt32BE(0) % count
  }
}

const more = Number(process.env['CLUSTER_SEEDS'] ?? 0)
/** Those from 1 on, and those that found something once; CLUSTER_SEEDS=200 for more. */
const seeds = [...Array.from({ length: Math.max(4, more) }, (_, at) => at + 1), ...(more > 98 ? [] : [18, 98])]

test.each(seeds)('seed %i', async seed => {
  const cluster = await startMemoryBroker({ brokerCount: 3, disk: new MemoryDisk() })
  onTestFinished(() => cluster.stop())
  const chaos = new Chaos(cluster, seededRandom(seed))
  for (let step = 0; step < STEPS; step++) {
    await chaos.step()
    chaos.check()
  }
})
