/**
 * ApiVersions (18): v0 to v4.
 * Lists every API that has a handler, with Kafka 4.3's ranges. v3+ brings the client's name and version (KIP-511), which are kept for
 * the window. No feature is finalized: transactions do not exist yet, so `transaction.version` must not be (clients would skip
 * AddPartitionsToTxn). A version above ours is answered by the dispatcher.
 */

import { apiVersions } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

/** ApiVersionsRequest.isValid: what a client may call itself. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export const apiVersionsHandler = handler(apiVersions, (request, { version, connection, broker }) => {
  if (version >= 3) {
    if (!SOFTWARE.test(request.clientSoftwareName) || !SOFTWARE.test(request.clientSoftwareVersion)) {
      return { errorCode: errorCode('INVALID_REQUEST'), apiKeys: [] }
    }
    connection.software = request.clientSoftwareName
    connection.softwareVersion = request.clientSoftwareVersion
    broker.taps.emit({ is: 'identified', connectionId: connection.id })
  }
  const apiKeys = broker.apis.map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion }))
  return { errorCode: 0, apiKeys, finalizedFeaturesEpoch: 0n }
})
