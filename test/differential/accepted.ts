/** Where Millrace answers otherwise than Apache Kafka 4.3.1 on purpose. What is not here is a fault of one of the two. */

import type { Accepted } from './compare.ts'

export const accepted: readonly Accepted[] = [
  {
    step: /^produce /,
    path: /errorMessage$/,
    when: ({ kafka, millrace }) => kafka === null && typeof millrace === 'string',
    why: 'Kafka gives most refusals no message; a sentence tells whoever writes a client what is wrong',
  },
  {
    step: /with (codec \d|plain records as codec \d|a gzip stream cut short)$/,
    path: /error$/,
    when: ({ kafka, millrace }) => kafka === 'UNKNOWN_SERVER_ERROR' && millrace === 'INVALID_RECORD',
    why: 'what cannot be inflated ends in an exception of Kafka’s; INVALID_RECORD tells whose fault it is, and no client sends either again',
  },
  {
    step: /with (its end missing|only its header|half its header|another batch behind it|a length one too small|magic \d)$/,
    path: /logStartOffset$/,
    when: ({ kafka }) => kafka === -1,
    why: 'Kafka refuses these before it looks for the log; where the log starts is true and of no consequence',
  },
  {
    step: /with (the length 0|a negative length|magic -?\d)$/,
    path: /errorMessage$/,
    why: 'the same code; Kafka’s words are those of an exception of its reader',
  },
  {
    step: /with a (length one too small|byte behind it)$/,
    path: /error$/,
    when: ({ millrace }) => millrace === 'INVALID_RECORD',
    why: 'Kafka drops bytes that are no whole batch behind the first; no client sends them, and what was meant by them cannot be known',
  },
  { step: /: no records$/, path: /^.*$/, why: 'Kafka never answers a partition without records (an exception on its way); here INVALID_RECORD, as for an empty buffer' },
  {
    step: /with a negative (key|value) length$/,
    path: /error$/,
    when: ({ millrace }) => millrace === 'INVALID_RECORD',
    why: 'Kafka takes any negative length for null; only -1 is written by anything, and readers of other makes fail on the others',
  },
  {
    step: /to doubtful-gzip of a batch with a time (long ago|of -5)$/,
    path: /error$/,
    when: ({ kafka }) => kafka === 'UNKNOWN_SERVER_ERROR',
    why: 'recompressing a time before 1970 is an exception of Kafka’s; without recompression it stores them, and so do we in both cases',
  },
  {
    step: /: fetch .*(at|epoch|isolation) -?\d+$/,
    path: /abortedTransactions$/,
    when: ({ kafka, millrace }) => kafka === null && Array.isArray(millrace) && millrace.length === 0,
    why: 'in a refusal; no transactions and none named are the same to every reader',
  },
  {
    step: /^deleted.*: ListOffsets v\d+, the time -3/,
    path: /^(offset|timestamp)$/,
    why: 'Kafka drops segments below a new start within five minutes and here it is done at once; until then both look for the greatest time in them too',
    isRare: true,
  },
  {
    step: /^deleted.*: ListOffsets v\d+, the time \d+$/,
    path: /^(offset|timestamp|leaderEpoch)$/,
    when: ({ kafka, millrace }) => kafka === -1 && typeof millrace === 'number' && millrace >= 0,
    why: 'Kafka looks in the first segment that reaches the time, and when all its records lie below the start it says there is none; here the search goes on',
    isRare: true,
  },
  { step: /fetch of isolation 2$/, why: 'Kafka fails with UNKNOWN_SERVER_ERROR on a level that does not exist; here it reads as level 0' },
  { step: /OffsetForLeaderEpoch v\d of -2 /, why: 'Kafka calls -2 an epoch before the first; here no negative epoch is one' },
]

/** Of compacted logs. */
export const acceptedOfCompacted: readonly Accepted[] = [
  {
    step: /: ListOffsets v\d+, the time \d+$/,
    path: /^(offset|timestamp)$/,
    when: ({ kafka, millrace }) => kafka === -1 && typeof millrace === 'number' && millrace >= 0,
    why: 'Kafka looks in the segment whose emptied last batch has that time, and when no record is left there it says there is none; here the search goes on',
  },
  {
    step: /: fetch .*at \d+/,
    path: /batches\.\d+\.hasDeleteHorizon$/,
    when: ({ kafka, millrace }) => kafka === true && millrace === false,
    why: 'the header that stays at the end of a segment may be of a transaction, whose marker then stays one compaction longer',
  },
]
