/**
 * IncrementalAlterConfigs (44): v0 to v1.
 * Sets, deletes, appends to and subtracts from single configs of a topic, a broker, all brokers (name ''), a group or a client metrics
 * subscription; per resource, and only checked when asked so (KIP-339).
 * Differences: an unknown operation is INVALID_REQUEST for every resource, where Kafka's controller has an unknown error for topics;
 * there are no loggers whose level could be set.
 */

import { incrementalAlterConfigs } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { alterResources, type AlterRefusal, BROKER, listDefinition, refusal, type ResourceChange } from '../alter-configs.ts'
import type { Configs } from '../config-definition.ts'
import { handler } from '../handler.ts'

type Operation = RequestOf<typeof incrementalAlterConfigs>['resources'][number]['configs'][number]

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

export const incrementalAlterConfigsHandler = handler(incrementalAlterConfigs, async ({ resources, validateOnly }, context) => {
  const changes = resources.map(({ resourceType, resourceName, configs }): ResourceChange => ({
    resourceType,
    resourceName,
    names: configs.map(({ name }) => name),
    nulls: configs.filter(({ configOperation, value }) => configOperation !== DELETE && value === null).map(({ name }) => name),
    change: current => applied(configs, current, resourceType),
  }))
  const answers = await alterResources(changes, { validateOnly, takesLoggers: true }, context)
  return {
    responses: resources.map(({ resourceType, resourceName }, at) => (
      { errorCode: errorCode(answers[at]?.error ?? 'NONE'), errorMessage: answers[at]?.message ?? null, resourceType, resourceName })),
  }
})

function applied(operations: readonly Operation[], current: Configs, resourceType: number): { readonly configs: Configs } | AlterRefusal {
  const unknown = operations.find(({ configOperation }) => configOperation < SET || configOperation > SUBTRACT)
  if (unknown) return refusal(`Unknown operations type ${unknown.configOperation}`)
  const next: Record<string, string> = { ...current }
  for (const { name, configOperation, value } of operations) {
    if (configOperation === SET) next[name] = value ?? ''
    else if (configOperation === DELETE) delete next[name]
    else {
      const list = listDefinition(resourceType, name)
      if (!list) return noList(name, configOperation, resourceType)
      next[name] = combined(current[name] ?? list.default ?? '', value ?? '', configOperation)
    }
  }
  return { configs: next }
}

function noList(name: string, operation: number, resourceType: number): AlterRefusal {
  const word = operation === APPEND ? 'append' : 'subtract'
  const message = resourceType === BROKER
    ? `Config value ${word} is not allowed for config key: ${name}`
    : `Can't ${word.toUpperCase()} to key ${name} because its type is not LIST.`
  return refusal(message, 'INVALID_CONFIG')
}

/** What is there already is not appended again; what is not there is not missed. */
function combined(list: string, value: string, operation: number): string {
  const items = list.split(',').filter(item => item !== '')
  const asked = new Set(value.split(','))
  if (operation === SUBTRACT) return items.filter(item => !asked.has(item)).join(',')
  const known = new Set(items)
  return [...items, ...[...asked].filter(item => !known.has(item))].join(',')
}
