/**
 * DeleteAcls (31): v1 to v3.
 * There is no authorizer, and the answer to each filter is that of a Kafka without one.
 */

import { deleteAcls } from '../../protocol/apis/index.ts'
import { NO_AUTHORIZER, refuseUnknownElements } from '../acl-requests.ts'
import { handler } from '../handler.ts'

export const deleteAclsHandler = handler(deleteAcls, ({ filters }) => ({
  filterResults: filters.map(({ resourceTypeFilter, patternTypeFilter, operation, permissionType }) => {
    refuseUnknownElements('DeleteAcls', [resourceTypeFilter, patternTypeFilter, operation, permissionType])
    return { ...NO_AUTHORIZER, matchingAcls: [] }
  }),
}))
