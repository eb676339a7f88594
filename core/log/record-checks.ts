/**
 * What each record of a batch must satisfy: a key on a compacted topic, a timestamp near the broker's clock (Kafka's LogValidator,
 * validateRecord). Faults are kept by index for the answer (KIP-467), the first RECORD_ERRORS_MAX of them.
 */

import { baseTimestampOf, attributesOf, isLogAppendTime, maxTimestampOf } from '../records/batch-header.ts'
import type { BatchRules, RecordError, Refusal } from './batch-validation.ts'

/** int64 is kept as a number: a timestamp beyond this would not read back as it was sent. */
const TIMESTAMP_MAX = Number.MAX_SAFE_INTEGER
/** A batch of a megabyte may hold 100,000 records, all faulty: nobody reads so many errors. */
const RECORD_ERRORS_MAX = 100
const LONG_MAX = 9_223_372_036_854_775_807n

/** Told of each record of one batch in turn; `reset` makes it ready for the next batch, so that the warm path allocates none. */
export class RecordChecks {
  #name = ''
  #baseTimestamp = 0
  /** Of a batch marked LogAppendTime, for all its records. */
  #appendTime = 0
  #isAppendTime = false
  #checksTime = false
  #needsKey = false
  #earliest = 0
  #latest = 0
  #rules: BatchRules | undefined
  #index = 0
  #faults: RecordError[] = []
  #faultCount = 0
  #hasTimeFault = false

  /** -1 when no record has a timestamp. */
  maxTimestamp = -1
  /** Whether the offsets of the records so far are 0, 1, 2, as Kafka wants them. */
  offsetsCountUp = true

  /** Ready for the records of the batch in `bytes`. */
  reset(bytes: Buffer, rules: BatchRules): void {
    const { config, nowMs } = rules
    this.#rules = rules
    this.#name = rules.name
    this.#baseTimestamp = baseTimestampOf(bytes, 0)
    this.#isAppendTime = isLogAppendTime(attributesOf(bytes, 0))
    this.#appendTime = maxTimestampOf(bytes, 0)
    this.#checksTime = config.timestampType === 'CreateTime'
    this.#needsKey = config.cleanupPolicy.includes('compact')
    this.#earliest = nowMs - config.timestampBeforeMaxMs
    this.#latest = nowMs + config.timestampAfterMaxMs
    this.#index = 0
    if (this.#faultCount > 0) this.#faults = []
    this.#faultCount = 0
    this.#hasTimeFault = false
    this.maxTimestamp = -1
    this.offsetsCountUp = true
  }

  /** The next record; lengths are -1 for null. */
  take(offsetDelta: number, timestampDelta: number, keyLength: number, valueLength: number): void {
    const timestamp = this.#isAppendTime ? this.#appendTime : this.#baseTimestamp + timestampDelta
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
    const index = this.#index++
    if (offsetDelta !== index) this.offsetsCountUp = false
    if (this.#needsKey && keyLength < 0) {
      this.#fault(index, false, `Compacted topic cannot accept message without key in topic partition ${this.#name}`)
    } else if (this.#checksTime && timestamp !== -1) {
      if (timestamp < this.#earliest || timestamp > this.#latest || Math.abs(timestamp) > TIMESTAMP_MAX) this.#untimely(index, offsetDelta, timestamp)
    } else if (this.#isAppendTime) {
      const record = `DefaultRecord(offset=${offsetDelta}, timestamp=${timestamp}, key=${Math.max(0, keyLength)} bytes, value=${Math.max(0, valueLength)} bytes)`
      this.#fault(index, true, `Invalid timestamp type in message ${record}. Producer should not set timestamp type to LogAppendTime.`)
    }
  }

  /** Why the batch is refused, or undefined. A timestamp outranks a missing key (LogValidator.processRecordErrors). */
  refusal(): Refusal | undefined {
    if (this.#faultCount === 0) return undefined
    const recordErrors = this.#faults
    if (this.#hasTimeFault) return { error: 'INVALID_TIMESTAMP', recordErrors, message: 'One or more records have been rejected due to invalid timestamp' }
    const shown = recordErrors.slice(0, 3).map(({ index, message }) => `RecordError(batchIndex=${index}, message='${message}')`).join(', ')
    const message =
      `One or more records have been rejected due to ${this.#faultCount} record errors in total, ` +
      `and only showing the first three errors at most: [${shown}]`
    return { error: 'INVALID_RECORD', recordErrors, message }
  }

  #untimely(index: number, offset: number, timestamp: number): void {
    const { nowMs, config } = this.#rules ?? { nowMs: 0, config: { timestampBeforeMaxMs: 0, timestampAfterMaxMs: 0 } }
    const now = BigInt(Math.trunc(nowMs))
    const earliest = now - asLong(config.timestampBeforeMaxMs)
    const latest = BigInt.asIntN(64, now + asLong(config.timestampAfterMaxMs))
    const text = `Timestamp ${timestamp} of message with offset ${offset} is out of range. The timestamp should be within [${earliest}, ${latest}]`
    this.#fault(index, true, text)
  }

  #fault(index: number, isTime: boolean, message: string): void {
    this.#faultCount++
    if (isTime) this.#hasTimeFault = true
    if (this.#faults.length < RECORD_ERRORS_MAX) this.#faults.push({ index, message })
  }
}

/** Infinity stands for Kafka's largest long. */
function asLong(milliseconds: number): bigint {
  return Number.isFinite(milliseconds) ? BigInt(Math.trunc(milliseconds)) : LONG_MAX
}
