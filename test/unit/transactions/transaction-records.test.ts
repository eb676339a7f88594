import { expect, test } from 'vitest'
import { transactionLogKey, transactionLogValue } from '../../../core/protocol/transaction-records.ts'
import { decodeTransaction, encodeTransaction } from '../../../core/transactions/transaction-records.ts'
import type { Transaction } from '../../../core/transactions/transaction.ts'

const transaction: Transaction = {
  state: 'PrepareCommit', producerId: 5, previousProducerId: 4, nextProducerId: 6, producerEpoch: 32_767, lastProducerEpoch: -1, timeoutMs: 60_000,
  partitions: new Map([['a-1', { topic: 'a', partition: 1 }], ['a-0', { topic: 'a', partition: 0 }], ['b-2', { topic: 'b', partition: 2 }]]),
  startedAtMs: 1_700_000_000_000, updatedAtMs: 1_700_000_000_500, clientTransactionVersion: 2,
}
const read = (of: Transaction | null, transactionVersion: number) => {
  const { key, value } = encodeTransaction({ transactionalId: 't', transaction: of }, transactionVersion)
  return { version: value && transactionLogValue.decode(value).version, stored: decodeTransaction(key, value) }
}

test('a transaction is read as it was written', () => {
  expect(read(transaction, 2)).toEqual({ version: 1, stored: { transactionalId: 't', transaction } })
  expect(read(null, 2)).toEqual({ version: null, stored: { transactionalId: 't', transaction: null } })
})

test('the first version is written while nobody knows a later one, and without what it has no room for', () => {
  const old: Transaction = { ...transaction, clientTransactionVersion: 0 }
  expect(read(old, 0)).toEqual({ version: 0, stored: { transactionalId: 't', transaction: { ...old, previousProducerId: -1, nextProducerId: -1 } } })
  expect(read(transaction, 0)).toEqual({ version: 1, stored: { transactionalId: 't', transaction } })
  expect(read(old, 1)).toEqual({ version: 1, stored: { transactionalId: 't', transaction: old } })
})

test('the bytes are those of Kafka 4.3.1', () => {
  const { key, value } = encodeTransaction({ transactionalId: 't', transaction: { ...transaction, partitions: new Map([['a-1', { topic: 'a', partition: 1 }]]) } }, 2)
  expect(key.toString('hex')).toBe('0000000174')
  expect(value?.toString('hex')).toBe('000100000000000000057fff0000ea60020202610200000001000000018bcfe569f40000018bcfe5680003000800000000000000040108000000000000000602020002')
})

test('another kind of record is none of ours, and a state that does not exist does not read', () => {
  expect(decodeTransaction(Buffer.from('0001', 'hex'), null)).toBeUndefined()
  const value = transactionLogValue.encode({
    producerId: 1, producerEpoch: 0, transactionTimeoutMs: 1, transactionStatus: 7, transactionPartitions: [], transactionLastUpdateTimestampMs: 0n, transactionStartTimestampMs: 0n,
  })
  expect(() => decodeTransaction(transactionLogKey.encode({ transactionalId: 't' }), value)).toThrow('there is no transaction state 7')
})
