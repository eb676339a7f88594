/**
 * DescribeConfigs (32): v1 to v4.
 * Topics and this broker; null or empty keys mean all; synonyms, types and docs when asked (KIP-226, KIP-569).
 * Differences: broker loggers, client metrics and groups have no configs yet and answer INVALID_REQUEST; broker configs list those that
 * have an effect or that tools read.
 */

import { describeConfigs } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { describeBrokerConfig } from '../broker-config.ts'
import { describeTopicConfigs, sourceCodes } from '../describe-configs.ts'
import { handler, type RequestContext } from '../handler.ts'
import { firstOfEach } from '../tally.ts'
import { brokerNameOf, configTypes } from '../topic-config.ts'
import { topicNameProblem } from '../topic-name.ts'

type Request = RequestOf<typeof describeConfigs>
type Resource = Request['resources'][number]
type Result = ResponseOf<typeof describeConfigs>['results'][number]
type Config = Result['configs'][number]

const TOPIC = 2
const BROKER = 4

export const describeConfigsHandler = handler(describeConfigs, (request, context) => ({
  results: firstOfEach(request.resources, ({ resourceType, resourceName }) => `${resourceType} ${resourceName}`).map(resource => {
    const described = describe(resource, request, context)
    if ('error' in described) return result(resource, [], described.error, described.message)
    const keys = resource.configurationKeys ?? []
    return result(resource, keys.length === 0 ? described.configs : described.configs.filter(({ name }) => keys.includes(name)))
  }),
}))

type Described = { readonly configs: Config[] } | { readonly error: KafkaError; readonly message: string }

function describe({ resourceType, resourceName }: Resource, request: Request, { broker }: RequestContext): Described {
  if (resourceType === TOPIC) {
    const problem = topicNameProblem(resourceName)
    if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
    const topic = broker.topics.get(resourceName)
    if (!topic) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `This server does not host this topic-partition: ${resourceName}` }
    return { configs: ofTopic(topic.record.configs, broker.topics.defaults, request) }
  }
  if (resourceType !== BROKER) return { error: 'INVALID_REQUEST', message: `Resource type ${resourceType} has no configs here; topics (2) and brokers (4) have.` }
  if (resourceName === '') return { configs: [] } // the cluster-wide default: nothing dynamic is set
  if (resourceName !== String(broker.brokerId)) {
    return { error: 'INVALID_REQUEST', message: `Unexpected broker id, expected ${broker.brokerId} or empty string, but received ${resourceName}` }
  }
  return { configs: ofBroker(broker, request) }
}

type Configs = Readonly<Record<string, string>>

function ofTopic(set: Configs, brokerDefaults: Configs, request: Request): Config[] {
  return describeTopicConfigs(set, brokerDefaults).map(({ name, value, source, definition }) => ({
    name,
    value,
    readOnly: false,
    configSource: sourceCodes[source],
    isSensitive: false,
    synonyms: request.includeSynonyms ? synonyms(name, definition.default, set, brokerDefaults) : [],
    configType: configTypes[definition.type],
    documentation: request.includeDocumentation ? definition.doc : null,
  }))
}

/** Where the value could come from, the strongest first. */
function synonyms(name: string, byDefault: string, set: Configs, brokerDefaults: Configs): { name: string; value: string; source: number }[] {
  const ofTopic = set[name]
  const ofBroker = brokerDefaults[name]
  return [
    ...(ofTopic === undefined ? [] : [{ name, value: ofTopic, source: sourceCodes.topic }]),
    ...(ofBroker === undefined ? [] : [{ name: brokerNameOf(name), value: ofBroker, source: sourceCodes['static-broker'] }]),
    { name: brokerNameOf(name), value: byDefault, source: sourceCodes.default },
  ]
}

function ofBroker({ config }: RequestContext['broker'], request: Request): Config[] {
  return describeBrokerConfig(config).map(({ name, value, type, isStatic, doc }) => {
    const source = isStatic ? sourceCodes['static-broker'] : sourceCodes.default
    return {
      name,
      value,
      readOnly: true,
      configSource: source,
      isSensitive: false,
      synonyms: request.includeSynonyms ? [{ name, value, source }] : [],
      configType: configTypes[type],
      documentation: request.includeDocumentation ? doc : null,
    }
  })
}

function result({ resourceType, resourceName }: Resource, configs: Config[], error: KafkaError = 'NONE', errorMessage: string | null = null): Result {
  return { errorCode: errorCode(error), errorMessage, resourceType, resourceName, configs }
}
