/**
 * DeleteTopics (20): v1 to v6.
 * By name, or v6+ by id. The name is free again when the answer leaves; files are renamed at once and unlinked behind.
 */

import { deleteTopics } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../protocol/wire.ts'
import { handler, type RequestContext } from '../handler.ts'
import { firstOfEach, tally } from '../tally.ts'

type Asked = { readonly name: string | null; readonly topicId: string }
type TopicAnswer = ResponseOf<typeof deleteTopics>['responses'][number]

export const deleteTopicsHandler = handler(deleteTopics, async (request, context) => {
  const asked: Asked[] = context.version >= 6 ? [...request.topics] : request.topicNames.map(name => ({ name, topicId: ZERO_UUID }))
  const responses: TopicAnswer[] = []
  const counts = tally(asked, keyOf)
  const whole = asked.filter(isWhole)
  const byId = new Set(whole.map(({ topicId }) => topicId))
  const idOf = ({ name }: Asked): string | undefined => (name === null ? undefined : context.broker.topics.get(name)?.record.topicId)
  const clashes = new Set(whole.map(idOf).filter(id => id !== undefined && byId.has(id)))
  for (const topic of asked) if (!isWhole(topic)) responses.push(await remove(topic, false, context))
  for (const topic of firstOfEach(whole, keyOf)) {
    // One that is also named is answered under its name.
    if (clashes.has(topic.topicId)) continue
    if (clashes.has(idOf(topic))) responses.push(refused({ ...topic, topicId: idOf(topic) ?? ZERO_UUID }, 'INVALID_REQUEST', 'The provided topic name maps to an ID that was already supplied.'))
    else responses.push(await remove(topic, (counts.get(keyOf(topic)) ?? 0) > 1, context))
  }
  return { responses }
})

/** Either a name or an id. */
function isWhole({ name, topicId }: Asked): boolean {
  return (name === null) === (topicId !== ZERO_UUID)
}

function keyOf({ name, topicId }: Asked): string {
  return topicId === ZERO_UUID ? `name ${name}` : `id ${topicId}`
}

async function remove(asked: Asked, isTwice: boolean, { broker, version }: RequestContext): Promise<TopicAnswer> {
  const { name, topicId } = asked
  const hasId = topicId !== ZERO_UUID
  if (name !== null && hasId) return refused(asked, 'INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  if (name === null && !hasId) return refused(asked, 'INVALID_REQUEST', 'Neither topic name nor id were specified.')
  if (isTwice) return refused(asked, 'INVALID_REQUEST', hasId ? 'Duplicate topic id.' : 'Duplicate topic name.')
  if (!broker.config.deleteTopics) return refused(asked, version < 3 ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED', 'Topic deletion is disabled.')
  const topic = hasId ? broker.topics.byId(topicId) : broker.topics.get(name ?? '')
  if (!topic) return refused(asked, hasId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION', hasId ? 'This server does not host this topic ID.' : 'This server does not host this topic-partition.')
  const refusal = await broker.topics.delete(topic.record.name)
  if (refusal) return refused(asked, refusal.error, refusal.message)
  return { name: topic.record.name, topicId: topic.record.topicId, errorCode: 0 }
}

function refused({ name, topicId }: Asked, error: KafkaError, errorMessage: string): TopicAnswer {
  return { name, topicId, errorCode: errorCode(error), errorMessage }
}
