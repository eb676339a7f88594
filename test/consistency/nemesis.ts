/** What goes wrong in a consistency run, drawn from its seed: with the brokers, and with the clients at the same time. */

import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { createPartitions } from '../../core/protocol/apis/index.ts'
import type { ClusterClient } from './cluster-client.ts'
import { type Fleet, PLACES } from './fleet.ts'
import type { Host } from './host.ts'
import { SESSION_MS, TOPICS } from './role.ts'

type Parts = { readonly host: Host; readonly fleet: Fleet; readonly client: ClusterClient; readonly seed: number; readonly say: (line: string) => void }
export type Troubles = { kills: number; restarts: number; pauses: number; stops: number; clientKills: number; clientPauses: number; zombies: number; growths: number }
type Doing = { readonly weight: number; readonly run: (random: Random) => Promise<string> }

const PARTITIONS_MAX = 8

export class Nemesis {
  readonly troubles: Troubles = { kills: 0, restarts: 0, pauses: 0, stops: 0, clientKills: 0, clientPauses: 0, zombies: 0, growths: 0 }
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Resolves some time after `untilMs` (of performance.now()), when everything is whole again. */
  async run(untilMs: number): Promise<void> {
    const { seed } = this.#parts
    const work = [this.#loop(this.#ofBroker(), seededRandom(seed + 1), untilMs), this.#loop(this.#ofClients(), seededRandom(seed + 2), untilMs)]
    try {
      await Promise.all(work)
    } finally {
      await Promise.allSettled(work)
    }
  }

  async #loop(doings: readonly Doing[], random: Random, untilMs: number): Promise<void> {
    const all = doings.flatMap(doing => Array.from({ length: doing.weight }, () => doing))
    for (;;) {
      await pause(700 + random.below(2500))
      if (performance.now() > untilMs) return
      const what = await all[random.below(all.length)]?.run(random)
      if (what) this.#parts.say(what)
    }
  }

  #ofBroker(): Doing[] {
    const { host, client } = this.#parts
    const { troubles } = this
    return [
      { weight: 4, run: async random => {
        troubles.kills++
        await host.restart('kill')
        // Sometimes again before it is quite there.
        if (random.below(4) > 0) return 'kill -9 of the brokers'
        troubles.kills++
        await pause(random.below(300))
        await host.restart('kill')
        return 'kill -9 of the brokers, twice'
      } },
      { weight: 1, run: async () => {
        troubles.restarts++
        await host.restart('stop')
        return 'restart of the brokers'
      } },
      { weight: 2, run: async random => {
        troubles.pauses++
        const ms = 300 + random.below(2 * SESSION_MS)
        host.signal('SIGSTOP')
        await pause(ms)
        host.signal('SIGCONT')
        return `pause of the brokers for ${ms} ms`
      } },
      { weight: host.brokerCount > 1 ? 5 : 0, run: async random => {
        troubles.stops++
        const [id, ms] = [1 + random.below(host.brokerCount), 200 + random.below(4000)]
        await host.tellBroker(id, 'stop')
        await pause(ms)
        // Now and then all of them die while one is stopped.
        if (random.below(4) === 0) {
          troubles.kills++
          await host.restart('kill')
          return `stop of broker ${id}, then kill -9`
        }
        await host.tellBroker(id, 'start')
        return `stop of broker ${id} for ${ms} ms`
      } },
      { weight: 1, run: async () => {
        const count = Math.min(PARTITIONS_MAX, 3 + troubles.growths + 1)
        troubles.growths++
        await client.ask('anyone', createPartitions, 3, { topics: [{ name: TOPICS.plain, count, assignments: null }], timeoutMs: 3000, validateOnly: false })
        return `${TOPICS.plain} has ${count} partitions`
      } },
    ]
  }

  #ofClients(): Doing[] {
    const { fleet } = this.#parts
    const { troubles } = this
    const place = (random: Random): number => random.below(PLACES.length)
    return [
      { weight: 2, run: async random => {
        troubles.clientKills++
        const at = place(random)
        await fleet.kill(at)
        return `kill -9 of client ${at}`
      } },
      { weight: 1, run: async random => {
        troubles.clientPauses++
        const [at, ms] = [place(random), 500 + random.below(2 * SESSION_MS)]
        await fleet.pause(at, ms)
        return `pause of client ${at} for ${ms} ms`
      } },
      { weight: 2, run: async random => {
        troubles.zombies++
        const [at, ms] = [place(random), 1000 + random.below(2 * SESSION_MS)]
        await fleet.makeZombie(at, ms, 1500)
        return `client ${at} was paused for ${ms} ms, and went on beside the one that took its place`
      } },
    ]
  }
}
