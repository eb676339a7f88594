/** `__transaction_state`: what the coordinators of transactions know. */

import { TRANSACTION_TOPIC } from '../transactions/transaction-coordinator.ts'
import { CoordinatorTopic, type CoordinatorTopicParts } from './coordinator-topic.ts'

/** TransactionStateManager.transactionTopicConfigs of Kafka: compacted, not compressed, small segments, and never led by one that lacks records. */
const configs = {
  'cleanup.policy': 'compact', 'compression.type': 'uncompressed', 'min.insync.replicas': '1', 'segment.bytes': '104857600', 'unclean.leader.election.enable': 'false',
}

export function transactionsTopic(parts: CoordinatorTopicParts): CoordinatorTopic {
  return new CoordinatorTopic({ ...parts, name: TRANSACTION_TOPIC, configs, coordinatorOf: node => node.transactions })
}
