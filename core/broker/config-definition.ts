/** What is known of a config: its name, type, default, and what its values may be. */

/** Kafka's ConfigType codes in DescribeConfigs answers. */
export const configTypes = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7, CLASS: 8, PASSWORD: 9 } as const
export type ConfigType = keyof typeof configTypes

/** Configs as text, by their names. */
export type Configs = Readonly<Record<string, string>>

export type ConfigDefinition = {
  readonly name: string
  readonly type: ConfigType
  /** null: not set unless somebody sets it. */
  readonly default: string | null
  /** Says what is wrong with a value in Kafka's words, undefined when it is fine. */
  readonly problem: (value: string) => string | undefined
  readonly doc: string
}

/**
 * A config of the broker. `shown`: described as Kafka describes it, without an effect here, so that nothing may set it; `start`: set when the
 * broker starts, with --config; `live`: then, or at any time by a client, for one broker or for all.
 */
export type BrokerConfigDefinition = ConfigDefinition & {
  readonly mode: 'shown' | 'start' | 'live'
  /** The topic config that it is the default of. */
  readonly topicConfig?: string
}

/**
 * What is stored of a resource without what would be refused today, as in Kafka: a later version may have stored it. `tell` hears of each value
 * that is left out.
 */
export function usableConfigs(stored: Configs, problemOf: (name: string, value: string) => string | undefined, tell: (problem: string) => void): Configs {
  const problems = Object.entries(stored).flatMap(([name, value]) => {
    const problem = problemOf(name, value)
    return problem === undefined ? [] : [{ name, problem }]
  })
  if (problems.length === 0) return stored
  for (const { problem } of problems) tell(problem)
  const left = new Set(problems.map(({ name }) => name))
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !left.has(name)))
}
