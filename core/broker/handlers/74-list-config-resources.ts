/**
 * ListConfigResources (74): v0 to v1.
 * The topics, brokers, loggers, and the groups and client metrics subscriptions on which something is set; none asked for means all
 * (KIP-1142). v0 lists client metrics only (KIP-1000).
 */

import { listConfigResources } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC } from '../alter-configs.ts'
import { handler, type RequestContext } from '../handler.ts'

const supported = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]

export const listConfigResourcesHandler = handler(listConfigResources, ({ resourceTypes }, context) => {
  const types = context.version === 0 ? [CLIENT_METRICS] : new Set(resourceTypes.length === 0 ? supported : resourceTypes)
  if ([...types].some(type => !supported.includes(type))) return { errorCode: errorCode('UNSUPPORTED_VERSION'), configResources: [] }
  return {
    errorCode: 0,
    configResources: [...types].flatMap(resourceType => namesOf(resourceType, context).map(resourceName => ({ resourceName, resourceType }))),
  }
})

function namesOf(resourceType: number, { broker: { topics, nodes, dynamicConfigs } }: RequestContext): string[] {
  if (resourceType === TOPIC) return Array.from(topics.list(), ({ record }) => record.name)
  if (resourceType === GROUP) return dynamicConfigs.resources('group')
  if (resourceType === CLIENT_METRICS) return dynamicConfigs.resources('client-metrics')
  return Array.from(nodes.keys(), String)
}
