/**
 * DeleteTopics (20).
 * Versions 1-6, flexible from 4. v5 error message, v6 topic ids (KIP-516).
 */

import { api, arrayOf, int16, int32, string, uuid } from '../schema.ts'

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: arrayOf({
      name: string.nullable().or(null),
      topicId: uuid.or(),
    })
      .in('6+')
      .or(),
    topicNames: arrayOf(string).in('0-5').or(),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    responses: arrayOf({
      name: string.nullable('6+'),
      topicId: uuid.in('6+').or(),
      errorCode: int16,
      errorMessage: string.in('5+').nullable().or(null),
    }),
  },
})
