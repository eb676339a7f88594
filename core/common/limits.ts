/** Every bound of the engine, with its reason. Memory follows these, not input. */

const KB = 1024
const MB = 1024 * KB

/** Kafka's socket.request.max.bytes: a longer or negative frame closes its connection. */
export const FRAME_BYTES_MAX = 100 * MB
/** Array elements one frame may decode to (numbers count an eighth): three bytes on the wire can become a hundred in memory. */
export const DECODED_ELEMENTS_MAX = 1_000_000
/** Connections at once, over all brokers of the process: a desktop broker; above it a new connection waits, or is closed with a log line. */
export const CONNECTIONS_MAX = 4096
/** Brokers in one process: their ids are one digit, and more would show nothing that nine do not. */
export const BROKERS_MAX = 9
/** Accepted connections that wait for others to go: Kafka's socket.listen.backlog.size. Above it they are closed. */
export const CONNECTIONS_WAITING_MAX = 50
/** Bytes of requests read and not yet answered, over all connections: beyond it sockets are paused. */
export const IN_FLIGHT_BYTES_MAX = 256 * MB
/** Answer bytes a connection may have queued on its socket before its next request waits. */
export const SOCKET_QUEUE_BYTES_MAX = 8 * MB
/** Kafka's fetch.max.bytes of the broker: the most one Fetch answer carries beyond its first batch. */
export const FETCH_ANSWER_BYTES_MAX = 57_671_680
/** Fetches waiting for data, over all connections; one per connection in practice. */
export const PARKED_REQUESTS_MAX = 8192
/** Partitions that fetch sessions remember, over all sessions of a broker: 470 bytes each, so 100 MB at most. Kafka bounds the sessions only. */
export const FETCH_SESSION_PARTITIONS_MAX = 200_000
/** One budget for fetch read buffers of the process; over it a fetch answers its first batch only. */
export const READ_BUFFER_BYTES_MAX = 128 * MB
/** Read buffers kept for reuse while idle: memory a quiet broker may hold on to. */
export const READ_BUFFER_BYTES_KEPT = 16 * MB
/** Bytes that may pass through this process before what it read or wrote is taken to have left the page cache: half a GiB stays cached on any desktop. */
export const WARM_BYTES_MAX = 512 * MB
/** The most that is read at once, also from the page cache: copying it takes about a millisecond, in which the broker answers nobody else. */
export const READ_AT_ONCE_BYTES_MAX = 4 * MB
/** What a cold read asks the thread pool for at once: a longer one would hold one of its four threads. */
export const COLD_PIECE_BYTES = 1 * MB
/** Partitions of one fetch that are read from a cold disk at the same time: the pool has four threads, and flushes may hold two. */
export const COLD_READS_MAX = 4
/** A log is flushed after so many bytes: a segment of 1 GiB at once holds up every other write of the disk. */
export const WRITE_BEHIND_BYTES = 64 * MB
/** Segments whose files are open at once: far below the usual limit of 1024 or 4096 descriptors of a process. */
export const SEGMENTS_OPEN_MAX = 512
/** Kafka's producer.id.expiration.ms. */
export const PRODUCER_ID_EXPIRATION_MS = 86_400_000
/** Producers a partition remembers: about 500 bytes each, and one batch of a new producer adds one. Kafka bounds their age only. */
export const PRODUCERS_PER_PARTITION_MAX = 10_000
/** Batches remembered per producer for duplicate detection: Kafka's own number, clients rely on 5 in flight. */
export const PRODUCER_BATCHES_KEPT = 5
/** Producers of a partition whose first batch of a transaction was refused for now: they send it again within seconds. */
export const VERIFICATIONS_MAX = 1000
/** Compressed batches are opened in line up to this many inflated bytes, above it in the scan worker. */
export const INLINE_INFLATE_BYTES_MAX = 256 * KB
/** The most one batch may inflate to: a bomb is refused before memory is spent. */
export const INFLATED_BATCH_BYTES_MAX = 128 * MB
/** Partitions of one topic: each is a folder, and a desktop's disk is listed at every start. */
export const PARTITIONS_PER_TOPIC_MAX = 10_000
/** Kafka's group.max.size is unbounded; a desktop is not. */
export const GROUP_MEMBERS_MAX = 1000
export const GROUPS_MAX = 10_000
/** Groups, and client metrics subscriptions, on which configs are set: they stay in memory and in the catalog. */
export const CONFIGURED_RESOURCES_MAX = 10_000
/** Configs one broker or one group may set: Kafka has some four hundred names, and keeps unknown ones of brokers. */
export const CONFIGS_PER_RESOURCE_MAX = 1000
/** Resources that one DescribeConfigs describes: any name of a group is one, costs a few bytes to ask for and some kilobytes to answer. */
export const DESCRIBED_RESOURCES_MAX = 10_000
/** Protocol metadata one member may bring: a group's record, with all its members, must fit a batch of about this size. */
export const GROUP_METADATA_BYTES_MAX = 1 * MB
/** Of a regular expression from a client: names of topics are 249 characters long at most. */
export const PATTERN_CHARS_MAX = 1024
/** Characters of a pattern times its counted repetitions: what takes longer to compile than some tens of milliseconds is refused. */
export const PATTERN_COST_MAX = 16_384
/** Kafka's offset.metadata.max.bytes. */
export const OFFSET_METADATA_BYTES_MAX = 4096
/** Transactional ids remembered: Kafka has no bound but their expiry of a week, in which a program that takes a new id each time could fill memory. */
export const TRANSACTIONAL_IDS_MAX = 50_000
/** Partitions of one transaction: its record names them all, and must fit a batch. */
export const TRANSACTION_PARTITIONS_MAX = 10_000
/** Rows of one stream item or page for the window. */
export const ROWS_PER_ITEM_MAX = 500
/** Bytes of a key or value shown in a list cell; the inspector asks for the whole record. */
export const CELL_BYTES_MAX = 2 * KB
/** Bytes of one record that the inspector takes at first; more on request. */
export const RECORD_PREVIEW_BYTES_MAX = 256 * KB
/** Items a stream may send before its reader grants more credit. */
export const STREAM_CREDIT_ITEMS = 4
/** One rpc message between window and engine. */
export const RPC_MESSAGE_BYTES_MAX = 16 * MB
/** Calls one window may have open, and streams: a window uses some tens; above it a call is refused. */
export const CALLS_PER_WINDOW_MAX = 256
export const STREAMS_PER_WINDOW_MAX = 256
/** Windows at once, over all hosts. */
export const WINDOWS_MAX = 64
/** Connections of the web side: a browser opens six per page, and one WebSocket. */
export const HTTP_CONNECTIONS_MAX = 512
/** A log that does not close in this time is left as it is, and verified at the next start. */
export const CLOSE_MS_MAX = 10_000
/** What a stop grants to flushes that are under way; one of gigabytes takes longer and is not waited for. */
export const FLUSH_GRACE_MS = 50
/** Values of client quotas, over all entities, and characters of an entity's name: they are held in memory, and one request may set them all. Kafka bounds neither. */
export const QUOTAS_MAX = 5000
export const QUOTA_NAME_LENGTH_MAX = 1024
/** SCRAM credentials, and bytes of a name, a salt or a salted password: they are held in memory, and one request may set them all, at 30 µs each. Kafka bounds neither. */
export const CREDENTIALS_MAX = 1000
export const CREDENTIAL_BYTES_MAX = 1024
