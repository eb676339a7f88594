/** Settings of the group coordinator; each is named for Kafka's broker config. */

import { GROUP_MEMBERS_MAX, GROUPS_MAX, OFFSET_METADATA_BYTES_MAX } from '../common/limits.ts'

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
  offsetMetadataMax: OFFSET_METADATA_BYTES_MAX,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsSweepMs: 600_000,
}
