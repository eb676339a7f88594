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

/** Of administrators' requests. */
const acceptedOfAdmin: readonly Accepted[] = [
  { step: /^(rate|percentage|mutations|connections) NaN /, why: 'Kafka takes a quota that is no number, which no rate can be held to; here it is not above 0' },
  { step: /^an empty password /, why: 'Kafka fails on an empty salted password with UNKNOWN_SERVER_ERROR; here the credential is unacceptable, and says why' },
  {
    step: /^an empty name \(DescribeTopicPartitions/,
    when: ({ path }) => path.startsWith('topics.'),
    why: 'Kafka fails as a whole on a topic without a name (an exception on its way to the allowed operations); here it is one illegal name beside others',
  },
  {
    step: /^from far beyond \(DescribeTopicPartitions/,
    why: 'Kafka adds the limit to a cursor near 2^31 and answers a negative one; here the topic has no partitions from there, and the next topics follow',
  },
  { step: /^(share|streams|kraft|eligible\.leader\.replicas)\.version to /, why: 'features whose part is not here are not supported' },
  {
    step: /^features .*\(ApiVersions/,
    path: /^(supported|finalized)\.(share|streams|kraft|eligible\.leader\.replicas)\.version$/,
    when: ({ millrace }) => millrace === undefined,
    why: 'features whose part is not here are not told',
  },
  { step: /^the quorum \(DescribeQuorum v2/, path: /^nodes\.0\.listeners\.0\.name$/, why: 'there is no listener for controllers: the quorum is reached where its clients are' },
]

const acceptedOfConfigs: readonly Accepted[] = [
  { step: /^a broker/, path: /readOnly$/, when: ({ kafka, millrace }) => kafka === false && millrace === true, why: 'what has no effect here cannot be changed at run time either' },
]

/** A sentence where Kafka gives none, or other words for the same code. */
const ownWords: Accepted = {
  step: /./,
  path: /errorMessage$/,
  when: ({ kafka, millrace }) => kafka === null && typeof millrace === 'string',
  why: 'Kafka gives many refusals no message; a sentence tells whoever writes a client what is wrong',
}

const acceptedOfCluster: readonly Accepted[] = [
  { step: /ApiVersions/, path: /^apis\./, when: ({ millrace }) => millrace === undefined, why: 'SASL, share and streams groups and the making of a quorum are not here, and are not said to be' },
  { step: /of type 2 \(FindCoordinator/, why: 'there are no share groups, and Kafka says more of a key of one' },
  { step: /of type (3|-1) \(FindCoordinator/, path: /errorMessage$/, why: 'Kafka gives its general words on INVALID_REQUEST' },
  { step: /^no name and no id \(Metadata v1[23]/, why: 'Kafka fails on a topic without name and id (UNKNOWN_SERVER_ERROR); here it is one illegal name beside others' },
  { step: /^a topic that is made/, path: /errorCode$/, when: ({ kafka, millrace }) => kafka === 3 && millrace === 0, why: 'Kafka makes it behind the answer and lets the client ask again; here it is there' },
  { step: /^none \(AlterPartitionReassignments/, path: /errorMessage$/, why: 'an empty message where there is nothing to say; here none' },
  { step: /^a name that collides/, path: /errorCode$/, why: 'Kafka finds out behind the answer, and lets the client ask for ever' },
]

const acceptedOfTopics: readonly Accepted[] = [
  ownWords,
  { step: /CreateTopics/, path: /configs/, when: ({ kafka }) => `${kafka}`.startsWith('min.insync.replicas=1 3'), why: 'Kafka sets min.insync.replicas for all brokers when it is formatted', isRare: true },
  { step: /spaces/, path: /configs/, why: 'Kafka tells a value with the spaces it was set with; here without' },
  { step: /^to 10003 /, path: /errorCode/, why: 'Kafka fails on so many partitions at once (UNKNOWN_SERVER_ERROR); here it is a policy, with its number' },
  { step: /^topics of coordinators \(CreatePartitions/, path: /errorCode/, why: 'what a coordinator holds is spread by the number of its partitions: growing it would hide groups and transactions' },
  { step: /^'x' of type (0|99)/, path: /errorMessage$/, why: 'Kafka gives its general words on INVALID_REQUEST; here the type is named' },
  { step: /DescribeConfigs/, path: /documentation$/, why: 'the docs of configs are in words of our own' },
  { step: /^'' of type 4 validated \(AlterConfigs/, why: 'Kafka keeps min.insync.replicas from being reset while eligible leader replicas are on, which are not here' },
  { step: / by (4|-1) validated/, path: /error(Code|Message)$/, why: 'Kafka fails on an operation that does not exist (UNKNOWN_SERVER_ERROR); here it is INVALID_REQUEST' },
  { step: /of type 4 by (2|3) validated/, path: /errorMessage$/, why: 'the same code; here the operation is refused before the name is looked at' },
  { step: /of type 8 by (2|3) validated/, path: /error(Code|Message)$/, why: 'there are no loggers whose level could be set: each is one that does not exist' },
]

const acceptedOfConsumerGroups: readonly Accepted[] = [
  { step: /^described: offsets,offsets/, path: /^1/, why: 'Kafka tells a group as often as it is named; here once, so that a short request cannot ask for an answer of any size' },
]

const acceptedOfRecords: readonly Accepted[] = [
  ownWords,
  {
    step: /^a partition twice \(Produce/, path: /^responses\.(0\.partitionResponses\.0\.baseOffset|0\.partitionResponses\.1|1)/,
    why: 'Kafka keeps the last batch for a partition that is named twice and drops the other in silence; here both are written and answered',
  },
  { step: /^no partitions \(Produce/, path: /^responses/, why: 'Kafka leaves out a topic without partitions; here it is answered as it was asked' },
  { step: /^of a transaction that nobody began/, path: /errorCode$/, when: ({ kafka }) => kafka === 19, isRare: true, why: 'Kafka asks its own coordinator over the network, and a slow one is told as NOT_ENOUGH_REPLICAS' },
  { step: /^-1 bytes/, why: 'Kafka fails on a negative size (UNKNOWN_SERVER_ERROR); here it is as one of 0' },
  {
    step: /^100 bytes/, path: /records$/, when: ({ kafka, millrace }) => `${kafka}`.startsWith(`${millrace}`),
    why: 'Kafka fills an answer with part of a batch, which every reader throws away; here batches are whole',
  },
  { step: /^of one twice \(DescribeProducers/, path: /^topics\.(0\.partitions\.1|1)/, when: ({ millrace }) => millrace === undefined, why: 'Kafka tells a partition as often as it is named; here once, so that a short request cannot ask for an answer of any size' },
  { step: /^at level 2 /, why: 'Kafka fails with UNKNOWN_SERVER_ERROR on a level that does not exist; here it reads as level 0' },
]

/** By part of the conformance run; a part that is not here may differ in nothing. */
export const acceptedOf: Readonly<Record<string, readonly Accepted[]>> = {
  log: accepted,
  admin: acceptedOfAdmin,
  configs: acceptedOfConfigs,
  cluster: acceptedOfCluster,
  topics: acceptedOfTopics,
  'consumer groups': acceptedOfConsumerGroups,
  records: acceptedOfRecords,
}
