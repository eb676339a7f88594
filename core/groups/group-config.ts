/** Settings of the group coordinator; each is named for Kafka's broker config. */

import { GROUP_MEMBERS_MAX, GROUPS_MAX, OFFSET_METADATA_BYTES_MAX } from '../common/limits.ts'
import type { AssignorName } from './consumer-target.ts'

export type GroupConfig = {
  /** group.initial.rebalance.delay.ms: how long an empty group waits for more members. 0 as in the server.properties Kafka ships. */
  readonly initialRebalanceDelayMs: number
  /** group.min.session.timeout.ms and group.max.session.timeout.ms: outside them a join is refused. */
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** How long a new member's join may stay parked: it cannot send heartbeats yet. Fixed in Kafka. */
  readonly newMemberJoinTimeoutMs: number
  /** group.max.size. */
  readonly membersMax: number
  readonly groupsMax: number
  /** group.consumer.max.size: of the consumer protocol. */
  readonly consumerMembersMax: number
  /** group.consumer.assignors: those that members may ask for, the first for who does not ask. */
  readonly consumerAssignors: readonly AssignorName[]
  /** group.consumer.regex.refresh.interval.ms: patterns are matched with the topics again after this long. */
  readonly regexRefreshMs: number
  /** group.consumer.migration.policy: which way a group with members may change between the classic and the consumer protocol. */
  readonly migrationPolicy: 'disabled' | 'downgrade' | 'upgrade' | 'bidirectional'
  /** offset.metadata.max.bytes; counted in UTF-16 units, as Kafka does. */
  readonly offsetMetadataMax: number
  /** offsets.retention.minutes, in milliseconds. */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms. */
  readonly offsetsSweepMs: number
}

export const defaultGroupConfig: GroupConfig = {
  initialRebalanceDelayMs: 0,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  newMemberJoinTimeoutMs: 300_000,
  membersMax: GROUP_MEMBERS_MAX,
  groupsMax: GROUPS_MAX,
  consumerMembersMax: GROUP_MEMBERS_MAX,
  consumerAssignors: ['uniform', 'range'],
  regexRefreshMs: 600_000,
  migrationPolicy: 'bidirectional',
  offsetMetadataMax: OFFSET_METADATA_BYTES_MAX,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsSweepMs: 600_000,
}

/** Settings that each group of the consumer protocol may have of its own; milliseconds. */
export type ConsumerGroupConfig = {
  /** consumer.session.timeout.ms. */
  readonly sessionTimeoutMs: number
  /** consumer.heartbeat.interval.ms: what members are told. */
  readonly heartbeatIntervalMs: number
  /** consumer.assignment.interval.ms (KIP-1263): the least time between two assignments. */
  readonly assignmentIntervalMs: number
}

export const defaultConsumerGroupConfig: ConsumerGroupConfig = { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000, assignmentIntervalMs: 1_000 }
