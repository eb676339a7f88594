/**
 * ApiVersions (18): which APIs and versions a broker has, and its features.
 * Versions 0-4, flexible from 3 but for the response header, which stays at v0. v3 client name and version (KIP-511),
 * features (KIP-584), v4 features whose least version is 0 (KAFKA-17011). v5 (KIP-1242) is of Kafka 4.4.
 */

import { api, arrayOf, bool, int16, int32, int64, string } from '../schema.ts'

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string.in('3+').or(),
    clientSoftwareVersion: string.in('3+').or(),
  },
  response: {
    errorCode: int16,
    apiKeys: arrayOf({
      apiKey: int16,
      minVersion: int16,
      maxVersion: int16,
    }),
    throttleTimeMs: int32.in('1+').or(),
    supportedFeatures: arrayOf({ name: string, minVersion: int16, maxVersion: int16 })
      .tagged(0, '3+')
      .or(),
    finalizedFeaturesEpoch: int64.tagged(1, '3+').or(-1n),
    finalizedFeatures: arrayOf({ name: string, maxVersionLevel: int16, minVersionLevel: int16 })
      .tagged(2, '3+')
      .or(),
    zkMigrationReady: bool.tagged(3, '3+').or(false),
  },
})
