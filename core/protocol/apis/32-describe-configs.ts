/**
 * DescribeConfigs (32): configs of topics, brokers and groups, with where each comes from.
 * Versions 1-4, flexible from 4. v0 (KIP-133) is gone, v1 synonyms (KIP-226), v3 type and documentation (KIP-569).
 */

import { api, arrayOf, bool, int16, int32, int8, string } from '../schema.ts'

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: arrayOf({
      resourceType: int8,
      resourceName: string,
      configurationKeys: arrayOf(string).nullable(),
    }),
    includeSynonyms: bool.in('1+').or(false),
    includeDocumentation: bool.in('3+').or(false),
  },
  response: {
    throttleTimeMs: int32.or(),
    results: arrayOf({
      errorCode: int16,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
      configs: arrayOf({
        name: string,
        value: string.nullable(),
        readOnly: bool,
        configSource: int8.in('1+').or(-1),
        isSensitive: bool,
        synonyms: arrayOf({
          name: string,
          value: string.nullable(),
          source: int8,
        })
          .in('1+')
          .or(),
        configType: int8.in('3+').or(0),
        documentation: string.in('3+').nullable().or(),
      }),
    }),
  },
})
