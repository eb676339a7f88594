/** Frames that no client would send: random, cut short, too long by their size, of no version, with bytes changed; each by a seed. */

import * as fc from 'fast-check'
import type { Random } from '../../core/common/random.ts'
import { encodeRequestFrame } from '../../core/protocol/header.ts'
import type { Api } from '../../core/protocol/schema.ts'
import { arbitraryOf } from '../protocol/arbitrary.ts'
import { requestHeader } from '../support/clients-frames.ts'
import type { HostileRequests } from './hostile-values.ts'

export type Frame = { readonly what: string; readonly bytes: Buffer; readonly api?: Api; readonly version?: number }

/** APIs whose valid requests may do harm that is allowed, whatever stands in them: only their values of `HostileRequests` are sent. */
const RULING = new Set(['UpdateFeatures', 'UnregisterBroker', 'AlterConfigs', 'IncrementalAlterConfigs', 'DeleteTopics', 'DeleteRecords'])

export class Frames {
  readonly #random: Random
  readonly #apis: readonly Api[]
  readonly #requests: HostileRequests
  readonly #arbitraries = new Map<string, fc.Arbitrary<any>>()
  #correlationId = 0

  constructor(random: Random, apis: readonly Api[], requests: HostileRequests) {
    this.#random = random
    this.#apis = apis
    this.#requests = requests
  }

  next(): Frame {
    const kind = this.#random.below(20)
    if (kind < 2) return this.#noise()
    if (kind < 4) return this.#sized()
    if (kind < 5) return this.#strange()
    if (kind < 8) return this.#changed(this.valid())
    if (kind < 9) return this.#cut(this.valid())
    if (kind < 13) return this.#arbitrary()
    return this.valid()
  }

  /** Well encoded, with hostile values. */
  valid(): Frame {
    const { api, version } = this.#choice()
    return this.#encoded(`${api.name} v${version} of hostile values`, api, version, this.#requests.request(api, version))
  }

  #choice(): { readonly api: Api; readonly version: number } {
    const api = this.#apis[this.#random.below(this.#apis.length)] as Api // the list has entries
    return { api, version: api.minVersion + this.#random.below(api.maxVersion - api.minVersion + 1) }
  }

  #encoded(what: string, api: Api, version: number, request: any): Frame {
    const header = { correlationId: ++this.#correlationId, clientId: this.#random.below(10) === 0 ? null : 'hostile', body: api.encodeRequest(request, version) }
    return { what, api, version, bytes: Buffer.concat(encodeRequestFrame(api, version, header)) }
  }

  /** Any value of any schema. */
  #arbitrary(): Frame {
    const { api, version } = this.#choice()
    if (RULING.has(api.name)) return this.valid()
    const key = `${api.key} ${version}`
    const arbitrary = this.#arbitraries.get(key) ?? arbitraryOf(api.request, version)
    this.#arbitraries.set(key, arbitrary)
    const [request] = fc.sample(arbitrary, { numRuns: 1, seed: this.#random.below(0x7fffffff) })
    return this.#encoded(`${api.name} v${version} of any values`, api, version, request)
  }

  #noise(): Frame {
    const body = this.#random.bytes(this.#random.below(3000))
    const isSized = this.#random.below(2) === 0
    return { what: `${body.length} random bytes${isSized ? ' behind their size' : ''}`, bytes: isSized ? sized(body, body.length) : body }
  }

  #sized(): Frame {
    const sizes = [0, 1, -1, 4, 7, 0x7fffffff, -0x80000000, 104_857_600, 104_857_601, 50_000_000]
    const size = sizes[this.#random.below(sizes.length)] ?? 0
    return { what: `a size of ${size}`, bytes: sized(this.#random.bytes(this.#random.below(100)), size) }
  }

  #strange(): Frame {
    const key = this.#random.below(3) === 0 ? this.#random.below(0x10000) - 0x8000 : this.#random.below(100)
    const version = this.#random.below(40) - 10
    const body = Buffer.concat([requestHeader(key, version, 1), this.#random.bytes(this.#random.below(60))])
    // Updates that are allowed are not sent by chance either.
    return { what: `version ${version} of key ${key}`, bytes: sized(body, body.length) }
  }

  #changed({ what, bytes }: Frame): Frame {
    const copy = Buffer.from(bytes)
    for (let times = 1 + this.#random.below(4); times > 0; times--) {
      const at = 4 + this.#random.below(Math.max(1, copy.length - 4))
      if (at < copy.length) copy[at] = this.#random.below(256)
    }
    return { what: `${what}, bytes changed`, bytes: copy }
  }

  #cut({ what, bytes }: Frame): Frame {
    const length = this.#random.below(bytes.length)
    const copy = Buffer.from(bytes.subarray(0, length))
    // Either the rest never comes, or the size says that this is all.
    if (length > 4 && this.#random.below(2) === 0) copy.writeInt32BE(length - 4, 0)
    return { what: `${what}, cut to ${length} bytes`, bytes: copy }
  }
}

function sized(body: Buffer, size: number): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(size)
  return Buffer.concat([head, body])
}
