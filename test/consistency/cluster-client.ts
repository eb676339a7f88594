/** A client in frames that finds leaders and coordinators among several brokers, and gives up on an answer that does not come. */

import { setTimeout as pause } from 'node:timers/promises'
import { findCoordinator, metadata } from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'

type Place = { readonly host: string; readonly port: number }
/** Who is asked: anyone, the leader of a partition (`orders-0`), the coordinator of a group or of a transactional id. */
export type Whom = 'anyone' | { readonly leaderOf: string } | { readonly group: string } | { readonly transactionalId: string }

const ANSWER_MS = 4000
const AGAIN_MS = 60

export class ClusterClient {
  readonly #bootstrap: readonly Place[]
  readonly #connections = new Map<string, Promise<RawConnection | undefined>>()
  #places = new Map<number, Place>()
  #leaders = new Map<string, number>()
  readonly #coordinators = new Map<string, Place>()
  #turn = 0

  constructor(bootstrap: readonly Place[]) {
    this.#bootstrap = bootstrap
  }

  close(): void {
    for (const connection of this.#connections.values()) void connection.then(opened => opened?.close())
    this.#connections.clear()
  }

  /** undefined: no answer came, and what was asked may have been done. 'not asked': there was nobody to ask. */
  async ask<A extends Api>(whom: Whom, api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A> | undefined | 'not asked'> {
    const place = await this.#find(whom)
    const connection = place && (await this.#open(place))
    if (!place || !connection) {
      this.forget(whom)
      await pause(AGAIN_MS)
      return 'not asked'
    }
    const answer = await this.#inTime(connection, ask(connection, api, version, request))
    if (answer === undefined) {
      this.#drop(place, connection)
      this.forget(whom)
    }
    return answer
  }

  /** Partitions of a topic, as the brokers tell now; none when nobody answers for a while. */
  async partitionsOf(topic: string): Promise<number[]> {
    let isFresh = false
    for (let tries = 0; tries < 20 && !isFresh; tries++) isFresh = await this.#refresh(topic)
    if (!isFresh) return []
    return [...this.#leaders.keys()].filter(line => line.startsWith(`${topic}-`)).map(line => Number(line.slice(topic.length + 1))).sort((a, b) => a - b)
  }

  /** Looks it up anew the next time: after an error that says it has moved. */
  forget(whom: Whom): void {
    if (whom === 'anyone') this.#turn++
    else if ('leaderOf' in whom) this.#leaders.delete(whom.leaderOf)
    else this.#coordinators.delete(keyOf(whom))
  }

  async #find(whom: Whom): Promise<Place | undefined> {
    if (whom === 'anyone') return this.#bootstrap[this.#turn % this.#bootstrap.length]
    if ('leaderOf' in whom) {
      if (!this.#leaders.has(whom.leaderOf)) await this.#refresh(whom.leaderOf.slice(0, whom.leaderOf.lastIndexOf('-')))
      return this.#places.get(this.#leaders.get(whom.leaderOf) ?? -1)
    }
    const known = this.#coordinators.get(keyOf(whom))
    if (known) return known
    const [keyType, key] = 'group' in whom ? [0, whom.group] : [1, whom.transactionalId]
    const answer = await this.ask('anyone', findCoordinator, 4, { keyType, coordinatorKeys: [key] })
    const found = answer === 'not asked' ? undefined : answer?.coordinators[0]
    if (!found || found.errorCode !== 0) return undefined
    this.#coordinators.set(keyOf(whom), found)
    return found
  }

  async #refresh(topic: string): Promise<boolean> {
    const answer = await this.ask('anyone', metadata, 9, { topics: [{ name: topic }], allowAutoTopicCreation: false })
    if (!answer || answer === 'not asked') return false
    this.#places = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    for (const { partitions } of answer.topics) for (const { partitionIndex, leaderId } of partitions) this.#leaders.set(`${topic}-${partitionIndex}`, leaderId)
    return true
  }

  #open(place: Place): Promise<RawConnection | undefined> {
    const key = `${place.host}:${place.port}`
    const known = this.#connections.get(key)
    if (known) return known
    const opened = RawConnection.open(place.port, place.host).catch(() => {
      this.#connections.delete(key)
      return undefined
    })
    this.#connections.set(key, opened)
    return opened
  }

  async #inTime<T>(connection: RawConnection, answer: Promise<T>): Promise<T | undefined> {
    const timer = setTimeout(() => connection.close(), ANSWER_MS)
    try {
      return await answer
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  #drop({ host, port }: Place, connection: RawConnection): void {
    connection.close()
    this.#connections.delete(`${host}:${port}`)
  }
}

const keyOf = (whom: Exclude<Whom, 'anyone' | { leaderOf: string }>): string => ('group' in whom ? `group ${whom.group}` : `id ${whom.transactionalId}`)
