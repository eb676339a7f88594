/**
 * DescribeCluster (60): v0 to v2.
 * The brokers that are up, each at its address of the listener the client came in by (KIP-700), from v2 those that are down too when asked
 * (KIP-1073); controllers cannot be described here (KIP-919).
 */

import { describeCluster } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { handler } from '../handler.ts'

const BROKERS = 1
const CONTROLLERS = 2

export const describeClusterHandler = handler(describeCluster, (request, { broker, connection }) => {
  const { endpointType } = request
  if (endpointType !== BROKERS) {
    const error = endpointType === CONTROLLERS ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE'
    const errorMessage = endpointType === CONTROLLERS ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER' : `Unsupported endpoint type ${endpointType}`
    return { errorCode: errorCode(error), errorMessage, endpointType: BROKERS, clusterId: '', brokers: [] }
  }
  return {
    errorCode: 0,
    endpointType,
    clusterId: broker.clusterId,
    controllerId: broker.cluster.controllerId,
    brokers: broker.cluster.endpoints(connection.listener, { withFenced: request.includeFencedBrokers })
      .map(({ nodeId, host, port, rack, isFenced }) => ({ brokerId: nodeId, host, port, rack, isFenced })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
  }
})
