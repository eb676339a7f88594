/** Bytes that claim to be a record batch and are not. */

/** Thrown by everything that reads records. `kafkaError` is what a producer that sent them is told. */
export class CorruptBatch extends Error {
  override readonly name = 'CorruptBatch'
  readonly kafkaError: 'CORRUPT_MESSAGE' | 'INVALID_RECORD'

  constructor(message: string, kafkaError: 'CORRUPT_MESSAGE' | 'INVALID_RECORD' = 'INVALID_RECORD', options?: ErrorOptions) {
    super(message, options)
    this.kafkaError = kafkaError
  }
}

/** The records of a batch inflate to more bytes than its reader allows. */
export class InflatedTooLarge extends CorruptBatch {}
