/** `__consumer_offsets`: what the coordinators of groups know. */

import { CoordinatorTopic, type CoordinatorTopicParts } from './coordinator-topic.ts'

export const OFFSETS_TOPIC = '__consumer_offsets'
/** OffsetConfig of Kafka: compacted, small segments so that compaction and loading stay quick. */
const configs = { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '104857600' }

export function offsetsTopic(parts: CoordinatorTopicParts): CoordinatorTopic {
  return new CoordinatorTopic({ ...parts, name: OFFSETS_TOPIC, configs, coordinatorOf: node => node.groups })
}
