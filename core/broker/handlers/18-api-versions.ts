/**
 * ApiVersions (18): v0 to v4.
 * Lists every API that has a handler, with Kafka 4.3's ranges, and the features of the cluster (KIP-584). v3+ brings the client's name and
 * version (KIP-511), which are kept for the window; a feature whose least level is 0 is listed from v4 on, as clients before misread it
 * (KAFKA-17011). A version above ours is answered by the dispatcher.
 */

import { apiVersions } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { supportedFeatures } from '../features.ts'
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
  return {
    errorCode: 0,
    apiKeys: broker.apis.map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion })),
    supportedFeatures: supportedFeatures.filter(({ min }) => min > 0 || version >= 4).map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: BigInt(broker.features.epoch),
    finalizedFeatures: [...broker.features.finalized()].map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  }
})
