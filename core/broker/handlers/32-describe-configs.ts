/**
 * DescribeConfigs (32): v1 to v4.
 * Topics, the broker asked and what is set for all brokers (name ''), loggers, client metrics and groups; null or empty keys mean all;
 * synonyms, types and docs when asked (KIP-226, KIP-569, KIP-1142). Sorted by name where Kafka's order is that of a hash table.
 * Differences: one request describes 10,000 resources at most, else POLICY_VIOLATION.
 */

import { DESCRIBED_RESOURCES_MAX } from '../../common/limits.ts'
import { slices } from '../../common/slices.ts'
import { describeConfigs } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { type ConfigEntry, entriesOfAllBrokers, entriesOfBroker, entriesOfClientMetrics, entriesOfGroup, entriesOfTopic, sourceCodes } from '../describe-configs.ts'
import { handler, type RequestContext } from '../handler.ts'
import { firstOfEach } from '../tally.ts'
import { topicNameProblem } from '../topic-name.ts'

type Request = RequestOf<typeof describeConfigs>
type Resource = Request['resources'][number]
type Result = ResponseOf<typeof describeConfigs>['results'][number]

export const describeConfigsHandler = handler(describeConfigs, async (request, context) => {
  const resources = firstOfEach(request.resources, ({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
  const isTooMany = resources.length > DESCRIBED_RESOURCES_MAX
  const results: Result[] = []
  const turn = slices(context.broker.clock)
  for (const resource of resources) {
    await turn()
    const described = isTooMany ? TOO_MANY : describe(resource, context)
    results.push('error' in described ? result(resource, [], described) : result(resource, asked(described, resource).map(entry => configOf(entry, request))))
  }
  return { results }
})

function asked(entries: readonly ConfigEntry[], { configurationKeys }: Resource): readonly ConfigEntry[] {
  if (!configurationKeys || configurationKeys.length === 0) return entries
  const keys = new Set(configurationKeys)
  return entries.filter(({ name }) => keys.has(name))
}

type Refused = { readonly error: KafkaError; readonly message: string }
type Described = readonly ConfigEntry[] | Refused

const TOO_MANY: Refused = { error: 'POLICY_VIOLATION', message: `More than the ${DESCRIBED_RESOURCES_MAX} resources that one request may describe here.` }

const invalid = (message: string): Refused => ({ error: 'INVALID_REQUEST', message })

function describe({ resourceType, resourceName: name }: Resource, { broker: { topics, dynamicConfigs }, node }: RequestContext): Described {
  switch (resourceType) {
    case 2: {
      const problem = topicNameProblem(name)
      if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
      const topic = topics.get(name)
      return topic ? entriesOfTopic(topic.record.configs, dynamicConfigs, node.id) : { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: '' }
    }
    case 4:
      if (name === '') return entriesOfAllBrokers(dynamicConfigs)
      return brokerProblem(name, `Unexpected broker id, expected ${node.id} or empty string, but received ${name}`, node.id) ?? entriesOfBroker(dynamicConfigs, node.id)
    case 8:
      if (name === '') return invalid('Broker id must not be empty')
      return brokerProblem(name, `Unexpected broker id, expected ${node.id} but received ${name}`, node.id) ?? []
    case 16:
      return name === '' ? invalid('Client metrics subscription name must not be empty') : entriesOfClientMetrics(name, dynamicConfigs)
    case 32:
      return name === '' ? invalid('Group name must not be empty') : entriesOfGroup(name, dynamicConfigs, node.id)
    default:
      return invalid(`Unexpected resource type ${resourceType} for resource ${name}`)
  }
}

function brokerProblem(name: string, message: string, nodeId: number): Refused | undefined {
  if (!/^[+-]?\d{1,10}$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId ? undefined : invalid(message)
}

function configOf({ source, type, doc, synonyms, ...entry }: ConfigEntry, request: Request): Result['configs'][number] {
  return {
    ...entry,
    configSource: sourceCodes[source],
    synonyms: request.includeSynonyms ? synonyms.map(synonym => ({ ...synonym, source: sourceCodes[synonym.source] })) : [],
    configType: type,
    documentation: request.includeDocumentation ? doc : null,
  }
}

function result({ resourceType, resourceName }: Resource, configs: Result['configs'], refused?: Refused): Result {
  return { errorCode: errorCode(refused?.error ?? 'NONE'), errorMessage: refused?.message ?? '', resourceType, resourceName, configs }
}
