/** A member of a group in frames, of the classic protocol or the consumer protocol, that writes down what the coordinator says it owns. */

import { randomBytes } from 'node:crypto'
import { consumerGroupHeartbeat, heartbeat, joinGroup, leaveGroup, metadata, syncGroup } from '../../core/protocol/apis/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import { errorName, type KafkaError } from '../../core/protocol/errors.ts'
import type { Recorder } from '../support/consistency/recorder.ts'
import type { ClusterClient } from './cluster-client.ts'
import { SESSION_MS } from './role.ts'

export type GroupMember = {
  readonly groupId: string
  readonly memberId: string
  /** Or generation; below 0 while it is not in the group. */
  readonly epoch: number
  readonly lines: readonly string[]
  /** Says that it is there, or joins; afterwards `lines` is what it owns. */
  beat(): Promise<void>
  leave(): Promise<void>
}

type Made = { readonly client: ClusterClient; readonly recorder: Recorder; readonly groupId: string; readonly topic: string }

/** The coordinator is on its way, or it is another one now. */
const PASSING = new Set<KafkaError>(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])

/** KIP-848. */
export class ConsumerMember implements GroupMember {
  readonly groupId: string
  readonly #made: Made
  memberId = ''
  epoch = -1
  lines: readonly string[] = []
  #joins = 0
  #topicId = ''
  #mustTell = true

  constructor(made: Made) {
    this.#made = made
    this.groupId = made.groupId
  }

  async beat(): Promise<void> {
    const { client, recorder, groupId, topic } = this.#made
    if (this.epoch < 0 && !(await this.#prepare())) return
    const answered = recorder.ask({ is: 'hold', group: groupId, member: this.memberId, stay: this.#joins })
    const partitions = this.lines.map(line => Number(line.slice(topic.length + 1)))
    const full = this.epoch === 0 ? { rebalanceTimeoutMs: 5000, subscribedTopicNames: [topic] } : {}
    const topicPartitions = this.#mustTell ? (partitions.length > 0 ? [{ topicId: this.#topicId, partitions }] : []) : null
    const answer = await client.ask({ group: groupId }, consumerGroupHeartbeat, 1, { groupId, memberId: this.memberId, memberEpoch: this.epoch, ...full, topicPartitions })
    if (!answer || answer === 'not asked') {
      this.#mustTell = true
      return answered({ outcome: 'unknown' })
    }
    const error = errorName(answer.errorCode)
    if (error !== 'NONE') return this.#refused(error, answered)
    this.epoch = answer.memberEpoch
    this.#mustTell = answer.assignment !== null
    if (answer.assignment) this.lines = answer.assignment.topicPartitions.flatMap(given => given.partitions.map(partition => `${topic}-${partition}`))
    answered({ outcome: 'ok', epoch: this.epoch, lines: this.lines })
  }

  async leave(): Promise<void> {
    const { client, groupId } = this.#made
    if (this.epoch > 0) await client.ask({ group: groupId }, consumerGroupHeartbeat, 1, { groupId, memberId: this.memberId, memberEpoch: -1 })
    this.#out()
  }

  async #prepare(): Promise<boolean> {
    if (this.#topicId === '') {
      const answer = await this.#made.client.ask('anyone', metadata, 12, { topics: [{ name: this.#made.topic }], allowAutoTopicCreation: false })
      this.#topicId = (answer && answer !== 'not asked' ? answer.topics[0]?.topicId : undefined) ?? ''
      if (this.#topicId === '') return false
    }
    // A new id each time: a late answer to the one it was before is not taken for this one's.
    this.memberId = randomBytes(16).toString('base64url')
    this.epoch = 0
    this.#joins++
    this.#mustTell = true
    return true
  }

  #refused(error: KafkaError, answered: (answer: { outcome: 'fail'; error: string }) => void): void {
    answered({ outcome: 'fail', error })
    if (PASSING.has(error)) this.#made.client.forget({ group: this.groupId })
    else this.#out()
  }

  #out(): void {
    this.epoch = -1
    this.lines = []
  }
}

export class ClassicMember implements GroupMember {
  readonly groupId: string
  readonly #made: Made
  memberId = ''
  epoch = -1
  lines: readonly string[] = []
  #joins = 0

  constructor(made: Made) {
    this.#made = made
    this.groupId = made.groupId
  }

  async beat(): Promise<void> {
    if (this.epoch < 0) return this.#join()
    const { client, groupId } = this.#made
    const answer = await client.ask({ group: groupId }, heartbeat, 4, { groupId, generationId: this.epoch, memberId: this.memberId })
    if (!answer || answer === 'not asked') return
    const error = errorName(answer.errorCode)
    // Of itself this says nothing: a coordinator that still loads, in Kafka too, says so to everyone. Asked for the assignment, it must know.
    if (error === 'NONE') return this.#sync(this.epoch, [])
    this.#refused(error)
  }

  async leave(): Promise<void> {
    const { client, groupId } = this.#made
    if (this.memberId !== '') await client.ask({ group: groupId }, leaveGroup, 4, { groupId, members: [{ memberId: this.memberId }] })
    this.#refused('UNKNOWN_MEMBER_ID')
  }

  async #join(): Promise<void> {
    const { client, groupId, topic } = this.#made
    const metadataBytes = consumerProtocolSubscription.encode({ topics: [topic] }, 1)
    const request = { groupId, sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: SESSION_MS, memberId: this.memberId, protocolType: 'consumer', protocols: [{ name: 'range', metadata: metadataBytes }] }
    const answer = await client.ask({ group: groupId }, joinGroup, 9, request)
    if (!answer || answer === 'not asked') return
    const error = errorName(answer.errorCode)
    if (error === 'MEMBER_ID_REQUIRED') this.memberId = answer.memberId
    else if (error !== 'NONE') this.#refused(error)
    else {
      this.memberId = answer.memberId
      this.#joins++
      const members = answer.leader === answer.memberId && !answer.skipAssignment ? answer.members.map(({ memberId }) => memberId).sort() : []
      await this.#sync(answer.generationId, await this.#shares(members))
    }
  }

  async #shares(members: readonly string[]) {
    const { client, topic } = this.#made
    const partitions = members.length > 0 ? await client.partitionsOf(topic) : []
    return members.map((memberId, index) => ({
      memberId,
      assignment: consumerProtocolAssignment.encode({ assignedPartitions: [{ topic, partitions: partitions.filter(partition => partition % members.length === index) }] }, 1),
    }))
  }

  /** For the assignment; answered at once when the group has it. */
  async #sync(generationId: number, assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]): Promise<void> {
    const { client, recorder, groupId } = this.#made
    const answered = recorder.ask({ is: 'hold', group: groupId, member: this.memberId, stay: this.#joins })
    const answer = await client.ask({ group: groupId }, syncGroup, 5, { groupId, generationId, memberId: this.memberId, protocolType: 'consumer', protocolName: 'range', assignments: [...assignments] })
    if (!answer || answer === 'not asked') return answered({ outcome: 'unknown' })
    const error = errorName(answer.errorCode)
    if (error !== 'NONE') {
      answered({ outcome: 'fail', error })
      return this.#refused(error)
    }
    this.epoch = generationId
    const given = answer.assignment.length > 0 ? consumerProtocolAssignment.decode(answer.assignment).value.assignedPartitions : []
    this.lines = given.flatMap(({ topic, partitions }) => partitions.map(partition => `${topic}-${partition}`))
    answered({ outcome: 'ok', epoch: generationId, lines: this.lines })
  }

  #refused(error: KafkaError): void {
    if (PASSING.has(error)) return this.#made.client.forget({ group: this.groupId })
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_INSTANCE_ID') this.memberId = ''
    this.epoch = -1
    this.lines = []
  }
}
