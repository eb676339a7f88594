/** Every message we declare, at every version: what the tests of this folder go over. */

import { apis } from '../../core/protocol/apis/index.ts'
import * as consumerGroupRecords from '../../core/protocol/consumer-group-records.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import { groupMetadataKey, groupMetadataValue, offsetCommitKey, offsetCommitValue } from '../../core/protocol/coordinator-records.ts'
import type { Data, Message } from '../../core/protocol/schema.ts'
import * as transactionRecords from '../../core/protocol/transaction-records.ts'

export type Declared = { readonly message: Message<any>; readonly folder: 'clients' | 'group-coordinator' | 'transaction-coordinator'; readonly key: number | undefined }

/** Keys of a file of records with the values that go with them: `fooKey` and `fooValue`. */
function withKeys(folder: Declared['folder'], records: Readonly<Record<string, Data<any>>>): Declared[] {
  return Object.entries(records).map(([name, { message, recordType }]) => ({
    message, folder, key: recordType ?? records[name.replace(/Value$/, 'Key')]?.recordType,
  }))
}

export const declared: readonly Declared[] = [
  ...apis.flatMap(api => [api.request, api.response].map(message => ({ message, folder: 'clients' as const, key: api.key }))),
  ...[offsetCommitKey, groupMetadataKey].map(({ message, recordType }) => ({ message, folder: 'group-coordinator' as const, key: recordType })),
  { message: offsetCommitValue.message, folder: 'group-coordinator', key: offsetCommitKey.recordType },
  { message: groupMetadataValue.message, folder: 'group-coordinator', key: groupMetadataKey.recordType },
  ...withKeys('group-coordinator', consumerGroupRecords),
  ...withKeys('transaction-coordinator', transactionRecords),
  { message: consumerProtocolSubscription.message, folder: 'clients', key: undefined },
  { message: consumerProtocolAssignment.message, folder: 'clients', key: undefined },
]

export function versionsOf(message: Message<any>): number[] {
  return Array.from({ length: message.versions.to - message.versions.from + 1 }, (_, index) => message.versions.from + index)
}

export const everyVersion: readonly { readonly message: Message<any>; readonly version: number; readonly title: string }[] = declared.flatMap(
  ({ message }) => versionsOf(message).map(version => ({ message, version, title: `${message.name} v${version}` })),
)
