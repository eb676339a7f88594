/** The area `groups`: who reads what, and how far behind. */

import { OFFSETS_TOPIC } from '../broker/offsets-topic.ts'
import type { StudioContract } from './contract/index.ts'
import type { GroupRow } from './contract/groups.ts'
import { LiveList } from './live-list.ts'
import { followValue } from './live-value.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'

/** Members a refusal names before it only counts them. */
const MEMBERS_NAMED_MAX = 5

export function groupsArea(parts: StudioParts): Implementation<StudioContract>['groups'] {
  const { broker, groups, pulse } = parts
  const list = new LiveList<GroupRow>({ pulse, keyOf: row => row.group, compute: () => groups.rows() })
  return {
    list: (_, sink) => list.subscribe(sink),
    detail: ({ group }, sink) => followValue(sink, pulse, () => {
      const value = groups.detail(group)
      return value ? { value } : { end: { code: 'NOT_FOUND', message: `There is no group ${group}; it may have been deleted, or its offsets have expired.` } }
    }),
    delete({ group }) {
      const members = broker.groups.group(group)?.members ?? []
      // Before the first commit there is no topic of offsets, and so no coordinator to ask.
      const error = broker.topics.get(OFFSETS_TOPIC) ? broker.groups.delete([group])[0]?.error ?? 'UNKNOWN_SERVER_ERROR' : 'GROUP_ID_NOT_FOUND'
      if (error === 'NONE') return null
      throw new StudioError(error, error === 'NON_EMPTY_GROUP' ? stillHasMembers(group, members) : `The group ${group} was not deleted: ${error}.`)
    },
    deleteOffsets: ({ group, topic }) => deleteOffsets(parts, group, topic),
  }
}

/** All of a topic, or none. */
function deleteOffsets({ broker }: StudioParts, group: string, topic: string): number {
  const snapshot = broker.groups.group(group)
  if (!snapshot) throw new StudioError('GROUP_ID_NOT_FOUND', `There is no group ${group}; it may have been deleted.`)
  const partitions = new Set([...snapshot.offsets, ...snapshot.pending].filter(each => each.topic === topic).map(({ partition }) => partition))
  const answer = broker.groups.deleteOffsets({ groupId: group, topics: [{ topic, partitions: [...partitions] }] })
  const error = answer.error === 'NONE' ? answer.topics[0]?.partitions.find(each => each.error !== 'NONE')?.error ?? 'NONE' : answer.error
  if (error === 'NONE') return partitions.size
  if (error === 'GROUP_SUBSCRIBED_TO_TOPIC') throw new StudioError(error, `Members of ${group} read ${topic}, so its offsets stay. Stop them first, or have them read other topics.`)
  if (error === 'NON_EMPTY_GROUP') throw new StudioError(error, stillHasMembers(group, snapshot.members))
  throw new StudioError(error, `The offsets of ${topic} were not removed from ${group}: ${error}.`)
}

function stillHasMembers(group: string, members: readonly { readonly memberId: string; readonly clientId: string; readonly host: string }[]): string {
  const named = members.slice(0, MEMBERS_NAMED_MAX).map(({ clientId, memberId, host }) => `${clientId || memberId} at ${host}`)
  const rest = members.length - named.length
  return `The group ${group} still has members: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}. Stop them first.`
}
