/** What a client is told when the log refuses its coordinator's records, as Kafka maps it in both of its coordinators. */

export type AppendRefusal = 'COORDINATOR_NOT_AVAILABLE' | 'NOT_COORDINATOR' | 'INVALID_PRODUCER_EPOCH' | 'INVALID_TXN_STATE' | 'UNKNOWN_SERVER_ERROR'

export function errorOfAppend(error: string): AppendRefusal {
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'REQUEST_TIMED_OUT': return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR': return 'NOT_COORDINATOR'
    // Of what is stored in the transaction of a producer.
    case 'INVALID_PRODUCER_EPOCH':
    case 'INVALID_TXN_STATE': return error
    default: return 'UNKNOWN_SERVER_ERROR'
  }
}
