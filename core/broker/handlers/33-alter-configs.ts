/**
 * AlterConfigs (33): v0 to v2.
 * Replaces all that is set on a topic, a broker, all brokers (name ''), a group or a client metrics subscription; per resource, and only
 * checked when asked so (KIP-133). IncrementalAlterConfigs (44) is what newer clients send.
 */

import { alterConfigs } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { alterResources, type ResourceChange } from '../alter-configs.ts'
import { handler } from '../handler.ts'

export const alterConfigsHandler = handler(alterConfigs, async ({ resources, validateOnly }, context) => {
  const changes = resources.map(({ resourceType, resourceName, configs }): ResourceChange => ({
    resourceType,
    resourceName,
    names: configs.map(({ name }) => name),
    nulls: configs.filter(({ value }) => value === null).map(({ name }) => name),
    change: () => ({ configs: Object.fromEntries(configs.map(({ name, value }) => [name, value ?? ''])) }),
  }))
  const answers = await alterResources(changes, { validateOnly, takesLoggers: false }, context)
  return {
    responses: resources.map(({ resourceType, resourceName }, at) => (
      { errorCode: errorCode(answers[at]?.error ?? 'NONE'), errorMessage: answers[at]?.message ?? null, resourceType, resourceName })),
  }
})
