/**
 * "Durable acks": records are acknowledged once the disk has them. It is Kafka's log.flush.interval.messages=1, with the waiting
 * producers of a partition sharing flushes; a topic that sets flush.messages itself keeps what it says. Kept in the catalog.
 */

import type { Catalog } from '../catalog/catalog.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { TopicRegistry } from './topic-registry.ts'

const FACT = 'durable-acks'

type Defaults = BrokerConfig['topicDefaults']

/** The defaults of topic configs, with durable acks where they are wanted: by `asked`, else by what the data folder remembers. */
export function withDurability(defaults: Defaults, catalog: Catalog, asked: boolean | undefined): Defaults {
  return (asked ?? catalog.fact(FACT) === 'true') ? { ...defaults, 'flush.messages': '1' } : defaults
}

export class DurableAcks {
  readonly #catalog: Catalog
  readonly #topics: TopicRegistry
  readonly #defaults: Defaults

  /** `defaults`: those without durable acks. */
  constructor(options: { readonly catalog: Catalog; readonly topics: TopicRegistry; readonly defaults: Defaults }) {
    this.#catalog = options.catalog
    this.#topics = options.topics
    this.#defaults = options.defaults
  }

  get isOn(): boolean {
    return this.#topics.defaults['flush.messages'] === '1'
  }

  /** For every topic that does not set flush.messages, from the next record on, and after every start. Throws when the catalog cannot keep it. */
  set(isOn: boolean): void {
    this.#catalog.setFact(FACT, String(isOn))
    this.#topics.setDefaults(withDurability(this.#defaults, this.#catalog, isOn))
  }
}
