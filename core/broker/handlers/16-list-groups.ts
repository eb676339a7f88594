/**
 * ListGroups (16): v0 to v5.
 * Every group; v4 filters by state, v5 by type, both in any case. A word nobody knows matches nothing.
 */

import { listGroups } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const listGroupsHandler = handler(listGroups, ({ statesFilter, typesFilter }, { node }) => {
  const { error, groups } = node.groups.list({ states: statesFilter, kinds: typesFilter })
  return {
    errorCode: errorCode(error),
    groups: groups.map(({ groupId, protocolType, state, kind }) => ({ groupId, protocolType, groupState: state, groupType: kind })),
  }
})
