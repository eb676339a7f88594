/** What the group coordinator takes from the broker's configs when it is made; the process keeps bounds of its own. */

import { GROUP_MEMBERS_MAX } from '../common/limits.ts'
import { defaultGroupConfig, type GroupConfig } from '../groups/group-config.ts'
import { toList } from './config-values.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'

const MINUTE_MS = 60_000

export function groupSettings(configs: DynamicConfigs, nodeId: number): GroupConfig {
  const number = (name: string): number => configs.number(name, nodeId)
  const words = (name: string): string => configs.effective(name, nodeId) ?? ''
  return {
    ...defaultGroupConfig,
    initialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
    sessionTimeoutMinMs: number('group.min.session.timeout.ms'),
    sessionTimeoutMaxMs: number('group.max.session.timeout.ms'),
    membersMax: Math.min(number('group.max.size'), GROUP_MEMBERS_MAX),
    consumerMembersMax: Math.min(number('group.consumer.max.size'), GROUP_MEMBERS_MAX),
    // Checked against their lists when they were set.
    consumerAssignors: toList(words('group.consumer.assignors')) as unknown as GroupConfig['consumerAssignors'],
    migrationPolicy: words('group.consumer.migration.policy').toLowerCase() as GroupConfig['migrationPolicy'],
    offsetMetadataMax: number('offset.metadata.max.bytes'),
    offsetsRetentionMs: number('offsets.retention.minutes') * MINUTE_MS,
    offsetsSweepMs: number('offsets.retention.check.interval.ms'),
  }
}
