/**
 * UpdateFeatures (57): raises and lowers finalized features (KIP-584).
 * Versions 0-2, flexible from 0. v1 kinds of upgrade and validation only (KIP-778), v2 no error per feature (KIP-1022).
 */

import { api, arrayOf, bool, int16, int32, int8, string } from '../schema.ts'

export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexible: '0+',
  request: {
    timeoutMs: int32.or(60000),
    featureUpdates: arrayOf({
      feature: string,
      maxVersionLevel: int16,
      allowDowngrade: bool.in('0').or(),
      upgradeType: int8.in('1+').or(1),
    }),
    validateOnly: bool.in('1+').or(false),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: arrayOf({
      feature: string,
      errorCode: int16,
      errorMessage: string.nullable(),
    }).in('0-1').or(),
  },
})
