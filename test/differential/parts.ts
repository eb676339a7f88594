/** The scripts of the conformance run, in the order they are run in: one broker of each kind goes through all of them. */

import { probeCluster } from './cluster-probe.ts'
import type { Step } from './broker-under-script.ts'
import { probeConsumerGroups } from './consumer-groups-probe.ts'
import { probeRecords } from './records-probe.ts'
import { runScript } from './run-script.ts'
import { probeTopics } from './topics-probe.ts'
import { runAdminScript } from '../support/clients-admin-script.ts'
import { runConfigScript } from '../support/clients-config-script.ts'
import { quickSweeps, runCoordinatorScript } from '../support/clients-coordinator-script.ts'
import { runFetchScript } from '../support/clients-fetch-script.ts'
import { MIGRATION_CONFIGS, runGroupMigrationScript } from '../support/clients-group-migration-script.ts'
import { runGroupScript } from '../support/clients-group-script.ts'
import { runTransactionScript } from '../support/clients-transaction-script.ts'

export type Part = {
  readonly name: string
  readonly run: (port: number, o: { readonly nowMs: number; readonly seed: number }) => Promise<readonly Step[]>
}

const named = async (pairs: Promise<readonly (readonly [string, unknown])[]>): Promise<Step[]> => (await pairs).map(([step, answer]) => ({ step, answer }))

/** What both brokers are started with: quick where a script would have to wait. */
export const conformanceConfigs: Readonly<Record<string, string>> = { ...quickSweeps, ...MIGRATION_CONFIGS }

/**
 * The first looks at all topics and folders there are, before any of the internal topics; the coordinator's reads all that is in
 * `__transaction_state`, before others write to it.
 */
export const parts: readonly Part[] = [
  { name: 'admin', run: port => runAdminScript(port) },
  { name: 'configs', run: port => named(runConfigScript(port)) },
  { name: 'groups', run: port => named(runGroupScript(port)) },
  { name: 'migration', run: port => named(runGroupMigrationScript(port)) },
  { name: 'coordinator', run: port => named(runCoordinatorScript(port)) },
  { name: 'transactions', run: port => named(runTransactionScript(port)) },
  { name: 'sessions', run: port => named(runFetchScript(port)) },
  { name: 'cluster', run: port => probeCluster(port) },
  { name: 'topics', run: port => probeTopics(port) },
  { name: 'consumer groups', run: port => probeConsumerGroups(port) },
  { name: 'records', run: (port, o) => probeRecords(port, o.nowMs) },
  { name: 'log', run: (port, o) => runScript(port, o) },
]
