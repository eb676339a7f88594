/**
 * "Durable acks": records are acknowledged once the disk has them. It is Kafka's log.flush.interval.messages=1, with the waiting
 * producers of a partition sharing flushes; a topic that sets flush.messages itself keeps what it says. Kept in the catalog.
 */

import type { Catalog } from '../catalog/catalog.ts'
import type { Configs } from './config-definition.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'
import type { TopicRegistry } from './topic-registry.ts'

const FACT = 'durable-acks'
const DURABLE: Configs = { 'log.flush.interval.messages': '1' }

/** The broker configs that durable acks stand for, where they are wanted: by `asked`, else by what the data folder remembers. */
export function durableConfigs(catalog: Catalog, asked: boolean | undefined): Configs {
  return (asked ?? catalog.fact(FACT) === 'true') ? DURABLE : {}
}

export class DurableAcks {
  readonly #catalog: Catalog
  readonly #topics: TopicRegistry
  readonly #configs: DynamicConfigs

  constructor(options: { readonly catalog: Catalog; readonly topics: TopicRegistry; readonly configs: DynamicConfigs }) {
    this.#catalog = options.catalog
    this.#topics = options.topics
    this.#configs = options.configs
  }

  get isOn(): boolean {
    return this.#topics.defaults['flush.messages'] === '1'
  }

  /** For every topic that does not set flush.messages, from the next record on, and after every start. Throws when the catalog cannot keep it. */
  set(isOn: boolean): void {
    this.#catalog.setFact(FACT, String(isOn))
    this.#configs.overrideStatics(isOn ? DURABLE : {})
  }
}
