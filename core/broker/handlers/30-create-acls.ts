/**
 * CreateAcls (30): v1 to v3.
 * There is no authorizer, and the answer to each entry is that of a Kafka without one.
 */

import { createAcls } from '../../protocol/apis/index.ts'
import { NO_AUTHORIZER, refuseUnknownElements } from '../acl-requests.ts'
import { handler } from '../handler.ts'

export const createAclsHandler = handler(createAcls, ({ creations }) => ({
  results: creations.map(({ resourceType, resourcePatternType, operation, permissionType }) => {
    refuseUnknownElements('CreateAcls', [resourceType, resourcePatternType, operation, permissionType])
    return NO_AUTHORIZER
  }),
}))
