/**
 * DescribeAcls (29): v1 to v3.
 * There is no authorizer, and the answer is that of a Kafka without one.
 */

import { describeAcls } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { refuseUnknownElements } from '../acl-requests.ts'
import { handler } from '../handler.ts'

export const describeAclsHandler = handler(describeAcls, request => {
  refuseUnknownElements('DescribeAcls', [request.resourceTypeFilter, request.patternTypeFilter, request.operation, request.permissionType])
  return { errorCode: errorCode('SECURITY_DISABLED'), errorMessage: 'No Authorizer is configured on the broker', resources: [] }
})
