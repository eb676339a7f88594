/**
 * DeleteGroups (42): v0 to v2.
 * An empty group goes with its offsets; one with members is NON_EMPTY_GROUP. A group named twice is answered once, as in Kafka.
 */

import { deleteGroups } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const deleteGroupsHandler = handler(deleteGroups, ({ groupsNames }, { node }) => ({
  results: node.groups.delete([...new Set(groupsNames)]).map(({ groupId, error }) => ({ groupId, errorCode: errorCode(error) })),
}))
