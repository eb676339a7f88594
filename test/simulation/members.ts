/** Members of a classic group in the simulation: they join, share out partitions, commit and come back as a client library does. */

import { findCoordinator, heartbeat, joinGroup, leaveGroup, offsetCommit, offsetFetch, syncGroup } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { SimulatedClient } from './client.ts'
import type { GroupModel } from './group-model.ts'
import { Violation } from './model.ts'
import type { SimulatedNetwork } from './network.ts'
import type { World } from './world.ts'

const SESSION_MS = 6000
const REBALANCE_MS = 3000
/** The coordinator is on its way: ask again. */
const passing = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'KAFKA_STORAGE_ERROR', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION'])
/** What we were is over: begin anew. */
const fencing = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'GROUP_ID_NOT_FOUND'])

type Place = { readonly generation: number; readonly partitions: readonly number[] }

export class Member {
  readonly #client: SimulatedClient
  readonly #world: World
  readonly #model: GroupModel
  #memberId = ''

  constructor(name: string, world: World, network: SimulatedNetwork, model: GroupModel) {
    this.#client = new SimulatedClient(name, world, network)
    this.#world = world
    this.#model = model
  }

  close(): void {
    this.#client.close()
  }

  /** One stay in one generation: from the join to whatever ends it. */
  async turn(isOver: () => boolean): Promise<void> {
    const place = await this.#join()
    if (!place) return this.#world.sleep(20 + this.#client.random.below(300))
    this.#world.note(`${this.#client.name} has ${place.partitions.join(' ')} in generation ${place.generation}`)
    for (let rounds = this.#client.random.below(30); rounds >= 0 && !isOver(); rounds--) {
      if (!(await this.#work(place))) return
      await this.#world.sleep(100 + this.#client.random.below(700))
    }
    if (this.#client.random.below(2) === 0) await this.#leave()
    else await this.#world.sleep(this.#client.random.below(2 * SESSION_MS)) // it hangs, and may be put out
  }

  async #join(): Promise<Place | undefined> {
    const { boot } = this.#model
    const answer = await this.#client.ask(joinGroup, this.#client.version(joinGroup), {
      groupId: this.#model.groupId, sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS, memberId: this.#memberId,
      protocolType: 'simulated', protocols: [{ name: 'turns', metadata: Buffer.from(this.#client.name) }],
    })
    if (!answer) return undefined
    if (errorName(answer.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.#memberId = answer.memberId
      return undefined
    }
    if (!this.#isFine(answer.errorCode, 'join')) {
      // Who asks for the coordinator has the topic of the offsets made where it is missing.
      await this.#client.ask(findCoordinator, this.#client.version(findCoordinator, 3, 1), { key: this.#model.groupId, keyType: 0 })
      return undefined
    }
    this.#memberId = answer.memberId
    const { generationId, leader } = answer
    if (boot === this.#model.boot) this.#model.joined(generationId, leader) // else it was on its way when the broker ended
    const isLeader = leader === answer.memberId
    const assignments = isLeader ? answer.members.map(({ memberId }, index) => ({ memberId, assignment: this.#share(index, answer.members.length) })) : []
    return this.#sync(generationId, assignments)
  }

  #share(index: number, count: number): Buffer {
    return Buffer.from(this.#model.partitions.filter(partition => partition % count === index))
  }

  async #sync(generationId: number, assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]): Promise<Place | undefined> {
    const request = { groupId: this.#model.groupId, generationId, memberId: this.#memberId, protocolType: 'simulated', protocolName: 'turns', assignments }
    const { boot } = this.#model
    const answer = await this.#client.ask(syncGroup, this.#client.version(syncGroup), request)
    if (!answer || !this.#isFine(answer.errorCode, 'sync')) return undefined
    const partitions = [...answer.assignment]
    if (boot === this.#model.boot) this.#model.assigned(generationId, this.#memberId, partitions)
    return { generation: generationId, partitions }
  }

  /** Whether the place is still ours. */
  async #work(place: Place): Promise<boolean> {
    const dice = this.#client.random.below(3)
    if (dice === 0) return this.#beat(place)
    const partition = place.partitions[this.#client.random.below(place.partitions.length)]
    if (partition === undefined) return this.#beat(place)
    return dice === 1 ? this.#commit(place, partition) : this.#read(partition)
  }

  async #beat({ generation }: Place): Promise<boolean> {
    const answer = await this.#client.ask(heartbeat, this.#client.version(heartbeat), { groupId: this.#model.groupId, generationId: generation, memberId: this.#memberId })
    return answer === undefined || this.#isFine(answer.errorCode, 'heartbeat') || errorName(answer.errorCode) === 'COORDINATOR_LOAD_IN_PROGRESS'
  }

  async #commit({ generation }: Place, partition: number): Promise<boolean> {
    const { groupId, topic, boot } = this.#model
    const committed = this.#model.committing(partition)
    const answer = await this.#client.ask(offsetCommit, this.#client.version(offsetCommit, 9), {
      groupId, generationIdOrMemberEpoch: generation, memberId: this.#memberId,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: committed, committedMetadata: this.#client.name }] }],
    })
    const error = answer?.topics[0]?.partitions[0]?.errorCode
    if (error === undefined) return true
    if (error !== 0) this.#model.refused(partition, committed, errorName(error))
    else this.#model.committed(partition, committed, boot)
    return this.#isFine(error, 'commit')
  }

  async #read(partition: number): Promise<boolean> {
    const { groupId, topic } = this.#model
    const asked = this.#model.asking(partition)
    const answer = await this.#client.ask(offsetFetch, this.#client.version(offsetFetch, 7), { groupId, topics: [{ name: topic, partitionIndexes: [partition] }] })
    const found = answer?.topics[0]?.partitions[0]
    if (answer && found && answer.errorCode === 0 && found.errorCode === 0) this.#model.found(partition, found.committedOffset, asked)
    return true
  }

  async #leave(): Promise<void> {
    const version = this.#client.version(leaveGroup)
    const { groupId } = this.#model
    await this.#client.ask(leaveGroup, version, version < 3 ? { groupId, memberId: this.#memberId } : { groupId, members: [{ memberId: this.#memberId }] })
    this.#memberId = ''
  }

  #isFine(code: number, what: string): boolean {
    if (code === 0) return true
    const error = errorName(code)
    this.#world.note(`${this.#client.name}: ${what} answers ${error}`)
    if (fencing.has(error)) this.#memberId = error === 'ILLEGAL_GENERATION' ? this.#memberId : ''
    else if (!passing.has(error)) throw new Violation(`${what} answers ${error}`)
    return false
  }
}
